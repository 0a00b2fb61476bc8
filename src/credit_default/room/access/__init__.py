"""Who may see and do what: users, roles, sessions, tokens against forged forms, sign-in."""
