"""Who somebody is: accounts, the ways to sign in, the tokens that tell."""
