"""Who carries the jobs: threads of this process, or workers beside it. One module for each."""
