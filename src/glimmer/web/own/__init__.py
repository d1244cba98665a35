"""The patients' own pages: a realm of its own, which no staff sign-in opens and from which nothing of staff's opens."""
