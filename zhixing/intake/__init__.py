"""Reading what offices keep: any workbook into rows, any cell into a value, any fault into a sentence. Knows no record and no database."""
