using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Generation.Constraints;

/// <summary>
/// Follows one completion that must be a JSON document of a schema. The state is a function of the tokens taken, so any node stands
/// where the first one stood after taking the committed tokens.
/// </summary>
public sealed class JsonConstraint
{
    private readonly ConstraintProgram _program;
    private readonly TokenVocabulary _vocabulary;
    private Readings _readings;
    private TokenMask? _allowed;

    internal JsonConstraint(ConstraintProgram program, TokenVocabulary vocabulary)
    {
        (_program, _vocabulary) = (program, vocabulary);
        _readings = new Readings([program.Automaton.Start]);
    }

    /// <summary>The tokens that may come next. The end tokens are among them when, and only when, the document is whole.</summary>
    public TokenMask Allowed => _allowed ??= _program.Mask(_readings);

    /// <summary>True when the text so far is a whole document of the schema.</summary>
    public bool IsWhole => _readings.All.Any(_program.Automaton.IsWhole);

    /// <summary>True when the document is whole and nothing can follow, so that the completion ends here.</summary>
    public bool IsClosed => _readings.All.All(reading => ReferenceEquals(reading, Nesting.Whole));

    /// <summary>Takes the next token of the completion, which is no end token.</summary>
    /// <exception cref="InferenceException">No document of the schema goes on so: the committed tokens are of another request.</exception>
    public void Accept(int token)
    {
        IReadOnlyList<Nesting> readings = _vocabulary.IsSpecial(token) || _vocabulary.Bytes(token).IsEmpty ? [] : _readings.All;
        foreach (byte value in _vocabulary.Bytes(token).Span)
        {
            var next = new List<Nesting>(readings.Count);
            foreach (Nesting reading in readings)
            {
                _program.Automaton.Step(reading, value, next);
            }

            readings = next;
        }

        _readings = readings.Count > 0
            ? new Readings(readings)
            : throw InferenceException.Invalid($"the token {token} does not continue a document of json_schema");
        _allowed = null;
    }
}
