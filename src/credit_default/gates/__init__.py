"""May we? Each gate looks at figures and returns a Verdict with its reasons."""
