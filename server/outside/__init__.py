"""People from elsewhere: whose word about them is taken, and which account is theirs."""
