"""Challenges, calls, deadlines, applications, teams, screening: from a declared challenge to a screened file."""
