using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Fairness;

/// <summary>How much a gateway takes on at once (section <c>Ncn:Gateway:Admission</c>).</summary>
public sealed class AdmissionOptions
{
    /// <summary>Requests that wait for a node of one model: 0 to 100,000, default 2,048. Beyond, 503 <c>overloaded</c>.</summary>
    [Range(0, 100_000)]
    public int MaxWaiting { get; set; } = 2048;

    /// <summary>Requests of one payer that wait for one model: 0 to 100,000, default 512. Beyond, 429 <c>rate_limit_exceeded</c>.</summary>
    [Range(0, 100_000)]
    public int MaxWaitingPerPayer { get; set; } = 512;

    /// <summary>Requests of one payer that run at once on one model: 1 to 100,000, default 512. More of them wait.</summary>
    [Range(1, 100_000)]
    public int MaxRunningPerPayer { get; set; } = 512;

    /// <summary>
    /// Requests that run beyond the places that the nodes of a model have: 0 to 10,000, default 16. They overflow into the network's queue,
    /// from which nodes pull.
    /// </summary>
    [Range(0, 10_000)]
    public int OverflowSlots { get; set; } = 16;

    /// <summary>How long a request waits for its turn, seconds: 1 to 3,600, default 60. It comes out of the request's own time.</summary>
    [Range(1, 3600)]
    public int WaitSeconds { get; set; } = 60;

    /// <summary>Bytes of request bodies in memory at once, those up to 64 KiB not counted: 1 MiB to 64 GiB, default 256 MiB.</summary>
    [Range(1024L * 1024, 64L * 1024 * 1024 * 1024)]
    public long MaxBodyMemoryBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>How long a body may take that brings nothing, seconds: 1 to 60, default 5.</summary>
    [Range(1, 60)]
    public int BodyGraceSeconds { get; set; } = 5;

    /// <summary>What a body must bring on average after that, bytes a second: 1 to 1,000,000, default 240.</summary>
    [Range(1, 1_000_000)]
    public int BodyBytesPerSecond { get; set; } = 240;

    /// <summary>How long a body may take in all, seconds: 1 to 3,600, default 60.</summary>
    [Range(1, 3600)]
    public int BodySeconds { get; set; } = 60;

    /// <summary>How long the head of a request may take, seconds: 1 to 120, default 15.</summary>
    [Range(1, 120)]
    public int HeaderSeconds { get; set; } = 15;

    /// <summary>
    /// Proxies before the gateway, each of which adds the address that it was called from to <c>X-Forwarded-For</c>: 0 to 8, default 0 (the
    /// connection's address is the client's). A Functions host counts as one.
    /// </summary>
    [Range(0, 8)]
    public int TrustedProxies { get; set; }

    /// <summary>Connections at once: 10 to 1,000,000, default 10,000.</summary>
    [Range(10, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;
}
