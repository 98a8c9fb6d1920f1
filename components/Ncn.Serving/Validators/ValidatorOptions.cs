using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Validators;

/// <summary>The subnet's validators, as far as this gateway calls them (section <c>Ncn:Gateway</c>).</summary>
public sealed class ValidatorOptions : IValidatableObject
{
    private const int MaxValidators = 100;

    /// <summary>
    /// Base URLs of validators, separated by commas, at most 100; empty, the default, for none: then no receipts are kept, none committed, and
    /// every node stands as it says itself. Who among them counts, and how much, is the chain's to say.
    /// </summary>
    public string Validators { get; set; } = string.Empty;

    /// <summary>How often they are asked how nodes stand, milliseconds: 100 to 600,000, default 2,000.</summary>
    [Range(100, 600_000)]
    public int StandingMilliseconds { get; set; } = 2_000;

    /// <summary>The validators; empty when they cannot be read.</summary>
    internal IReadOnlyList<Uri> Urls => [.. Parts.Select(Read).OfType<Uri>()];

    private string[] Parts => Validators.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Parts.Length > MaxValidators || Parts.Any(static part => Read(part) is null))
        {
            yield return new ValidationResult($"Ncn:Gateway:Validators must be at most {MaxValidators} http or https URLs without path, separated by commas.", [nameof(Validators)]);
        }
    }

    private static Uri? Read(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url is { PathAndQuery: "/", UserInfo: "", Fragment: "" } ? url : null;
}
