"""The shipped pieces: their catalogue and what goes over the wire of them."""
