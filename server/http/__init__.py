"""What all REST routes share: errors, origins, pages of lists, shared work."""
