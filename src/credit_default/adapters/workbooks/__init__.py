"""Workbooks that people open in a spreadsheet, written by xlsxwriter: the same tables give the same bytes."""
