"""Who gets which practice post: the arithmetic of allocation, without database, pages or language.

`problem` says what there is to decide, `solve` decides it, `explain` tells each applicant why, `again` solves once more
after an appeal and moves as few as possible. Nothing in here knows Django: reasons are codes that others put into words.
"""
