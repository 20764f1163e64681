"""The files a run leaves behind, as versioned pydantic models; `run` writes them, `report` reads them."""
