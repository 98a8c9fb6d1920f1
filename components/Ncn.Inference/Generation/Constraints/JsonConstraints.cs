namespace Ncn.Inference.Generation.Constraints;

/// <summary>Starts constraints for one model, and keeps the last schemas compiled. Safe to use from several threads.</summary>
/// <param name="vocabulary">The model's tokens.</param>
/// <param name="endTokens">The model's own end-of-text tokens.</param>
public sealed class JsonConstraints(TokenVocabulary vocabulary, IReadOnlyList<int> endTokens)
{
    /// <summary>Schemas that are kept compiled.</summary>
    private const int MaxPrograms = 16;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Key, ConstraintProgram Program)> _programs = new();

    /// <summary>What is wrong with a schema, as an error for the caller; null when it can be used.</summary>
    public InferenceException? Problem(string schema)
    {
        try
        {
            _ = Program(schema, []);
            return null;
        }
        catch (InferenceException problem)
        {
            return problem;
        }
    }

    /// <summary>The constraint of a completion before its first token.</summary>
    /// <param name="schema">A JSON schema; "{}" stands for any JSON object.</param>
    /// <param name="stopTokens">The caller's stop tokens: they end the document, and are allowed only where it is whole.</param>
    /// <exception cref="InferenceException">The schema cannot be used; the message says why.</exception>
    public JsonConstraint Start(string schema, IReadOnlyList<int> stopTokens) => new(Program(schema, stopTokens), vocabulary);

    private ConstraintProgram Program(string schema, IReadOnlyList<int> stopTokens)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(stopTokens);
        string key = $"{string.Join(',', stopTokens)}|{schema}";
        lock (_gate)
        {
            if (Find(key) is { } known)
            {
                _programs.Remove(known);
                _programs.AddFirst(known);
                return known.Value.Program;
            }
        }

        var program = new ConstraintProgram(SchemaReader.Compile(schema), vocabulary.Trie.Value, [.. endTokens.Concat(stopTokens).Distinct()]);
        lock (_gate)
        {
            _programs.AddFirst((key, program));
            if (_programs.Count > MaxPrograms)
            {
                _programs.RemoveLast();
            }
        }

        return program;
    }

    private LinkedListNode<(string Key, ConstraintProgram Program)>? Find(string key)
    {
        for (var node = _programs.First; node is not null; node = node.Next)
        {
            if (node.Value.Key == key)
            {
                return node;
            }
        }

        return null;
    }
}
