"""The numbers that papers print, and the rules by which they average."""
