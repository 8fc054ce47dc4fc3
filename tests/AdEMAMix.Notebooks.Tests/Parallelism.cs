// Sessions share the console and the compiler's caches of one process; a notebook host runs one at a time, and so do these tests.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
