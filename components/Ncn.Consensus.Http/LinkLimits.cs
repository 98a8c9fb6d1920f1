namespace Ncn.Consensus.Http;

/// <summary>Bounds of a link. A peer that goes beyond what it may send is read more slowly, and loses nothing.</summary>
public sealed record LinkLimits
{
    /// <summary>The usual ones.</summary>
    public static LinkLimits Default { get; } = new();

    /// <summary>Bytes of votes and certificates that wait for one peer; the oldest go first.</summary>
    public int VoteBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of proposals that wait for one peer.</summary>
    public int BodyBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of operations and answers that wait for one peer.</summary>
    public int OtherBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Bytes a second that are read from one peer; a second's worth more at once.</summary>
    public int BytesPerSecond { get; init; } = 32 * 1024 * 1024;

    /// <summary>Signatures of votes, certificates and checkpoints a second that one peer may have checked.</summary>
    public int VotesPerSecond { get; init; } = 4_000;

    /// <summary>Operations a second that one peer may have checked.</summary>
    public int OperationsPerSecond { get; init; } = 20_000;

    /// <summary>Questions a second that one peer may ask.</summary>
    public int QuestionsPerSecond { get; init; } = 100;

    /// <summary>How long a connection may take to prove whose it is.</summary>
    public TimeSpan HandshakePatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a peer may leave a write unread.</summary>
    public TimeSpan WritePatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>First wait before a lost connection is made again; it doubles.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>What that wait doubles to.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a peer that lied is left alone.</summary>
    public TimeSpan Exclusion { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections that have not proved yet whose they are, of all and of one address.</summary>
    public int Strangers { get; init; } = 128;

    /// <summary>Of these, from one address.</summary>
    public int StrangersOfOneAddress { get; init; } = 16;
}
