"""Sixty spoken questions that need no download, made when they are first asked."""
