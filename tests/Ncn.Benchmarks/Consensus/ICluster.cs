namespace Ncn.Benchmarks.Consensus;

/// <summary>Several processes that agree on what clients write, each with its own files, all of them synced.</summary>
internal interface ICluster : IAsyncDisposable
{
    /// <summary>A client of its own: each call writes something new of the same size, and returns when it is agreed on.</summary>
    IClusterClient Client(int number);

    /// <summary>CPU time that all processes have used, microseconds.</summary>
    double UsedMicroseconds { get; }
}

/// <summary>One who writes, one thing after the other.</summary>
internal interface IClusterClient
{
    /// <summary>Makes ready so many writes, so that making them is not measured.</summary>
    void Prepare(int writes);

    Task WriteAsync(CancellationToken cancellationToken);
}
