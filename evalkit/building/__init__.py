"""Building of one's own MMMB and MSIB: drafted by models, reviewed by a person, checked before it is written."""
