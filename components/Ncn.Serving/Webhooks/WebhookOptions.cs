using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Webhooks;

/// <summary>How clients are told that something is done (section <c>Ncn:Gateway:Webhooks</c>).</summary>
public sealed class WebhookOptions
{
    /// <summary>Times that an event is sent until it is given up: 1 to 9, default 8. The waits between are 2 s, 10 s, 1 min, 10 min, 1 h, 5 h, 10 h and 10 h.</summary>
    [Range(1, 9)]
    public int Attempts { get; set; } = 8;

    /// <summary>Webhooks that may wait at once: 1 to 100,000, default 10,000.</summary>
    [Range(1, 100_000)]
    public int MaxWaiting { get; set; } = 10_000;

    /// <summary>How long one that was given up is kept for its operator to look at, hours: 1 to 8,760, default 168.</summary>
    [Range(1, 8760)]
    public int DeadHours { get; set; } = 168;
}
