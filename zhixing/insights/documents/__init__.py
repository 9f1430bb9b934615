"""The assessment report of a college or of the school: one content, three shapes (PDF, Word, Excel)."""
