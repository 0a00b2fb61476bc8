"""Complete acts that need no server: check this file, train a challenger, score this batch."""
