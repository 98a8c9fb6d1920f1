// Networks are heavy, and a test that kills a process must be alone: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
