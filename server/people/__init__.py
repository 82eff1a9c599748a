"""People and each other: who teaches whom, and what one may take along or leave behind."""
