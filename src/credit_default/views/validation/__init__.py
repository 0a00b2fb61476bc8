"""What a validation found: the page, its JSON, the sheets of its workbook, and the lines for the terminal."""
