namespace Ncn.Serving.Answers;

/// <summary>The forms of all dialects that the gateway speaks.</summary>
public sealed class AnswerForms(IEnumerable<IAnswerForm> forms)
{
    private readonly Dictionary<string, IAnswerForm> _forms = forms.ToDictionary(static form => form.Dialect, StringComparer.Ordinal);

    /// <summary>Whether a dialect's answers are shaped here.</summary>
    public bool Knows(string dialect) => _forms.ContainsKey(dialect);

    /// <summary>The form of a dialect.</summary>
    public IAnswerForm Of(string dialect) => _forms.TryGetValue(dialect, out var form)
        ? form
        : throw new InvalidOperationException($"No answer form is registered for the dialect {dialect}.");
}
