// Two networks at a time: their tests mostly wait, for processes that start and for each other. Within a network it is one test at a time,
// because a test that kills a process must be alone.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: TestCollectionOrderer("Ncn.EndToEnd.Tests.Harness.LongestFirst", "Ncn.EndToEnd.Tests")]
