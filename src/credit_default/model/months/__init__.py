"""What a month's scores and outcomes say: estimates without outcomes, month effects, missing outcomes, vintages."""
