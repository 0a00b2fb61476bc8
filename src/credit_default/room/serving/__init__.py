"""What serves every page: a visit, its route and rights, rendering, security headers, faults in words."""
