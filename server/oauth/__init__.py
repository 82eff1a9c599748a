"""Signing in with Google, GitHub or Apple: the code flow of OAuth 2 with PKCE."""
