using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Quotes;

/// <summary>What quotes promise (section <c>Ncn:Gateway:Quotes</c>).</summary>
public sealed class QuoteOptions
{
    /// <summary>How long a quote's ceiling is kept to, seconds: 1 to 3,600, default 60.</summary>
    [Range(1, 3600)]
    public int ValidSeconds { get; set; } = 60;
}
