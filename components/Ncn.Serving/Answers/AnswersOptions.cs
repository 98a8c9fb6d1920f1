using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Answers;

/// <summary>How long running and finished answers stay where a client can come back for them (section <c>Ncn:Gateway:Answers</c>).</summary>
public sealed class AnswersOptions
{
    /// <summary>
    /// How long a run with an idempotency key goes on after its last reader left, seconds: 0 to 600, default 10. Without a key it stops
    /// at once. Either way the client pays for what was delivered to the gateway, and can read it for <see cref="KeptSeconds"/>.
    /// </summary>
    [Range(0, 600)]
    public int ResumeSeconds { get; set; } = 10;

    /// <summary>How long an answer can be resumed after its end, seconds: 1 to 3,600, default 120.</summary>
    [Range(1, 3600)]
    public int KeptSeconds { get; set; } = 120;

    /// <summary>Most answers kept in the process at once, running ones included: 16 to 100,000, default 4,096. The oldest finished one goes first.</summary>
    [Range(16, 100_000)]
    public int MaxKept { get; set; } = 4096;

    /// <summary>Most characters that one answer's log holds: 64 Ki to 64 Mi, default 4 Mi. Beyond, its first parts can no longer be read again.</summary>
    [Range(64 * 1024, 64 * 1024 * 1024)]
    public int MaxCharacters { get; set; } = 4 * 1024 * 1024;
}
