namespace Ncn.Protocol;

/// <summary>A tensor model's inputs and outputs, and the check of a request against them. Pure.</summary>
/// <param name="Inputs">All are needed; -1 stands for a size that the caller chooses.</param>
/// <param name="Outputs">What a request can ask for.</param>
public sealed record TensorSignature(IReadOnlyList<TensorSpec> Inputs, IReadOnlyList<TensorSpec> Outputs)
{
    /// <summary>What is wrong with a request, in words for the caller; null when it fits.</summary>
    /// <param name="inputs">The tensors that came.</param>
    /// <param name="maxRows">Most rows (first dimension) in one request.</param>
    /// <param name="maxBytes">Most bytes of data in one request.</param>
    public string? Problem(IReadOnlyList<TensorValue> inputs, long maxRows, long maxBytes)
    {
        long bytes = inputs.Sum(input => (long)input.Data.Length);
        if (bytes > maxBytes)
        {
            return $"the inputs have {bytes} bytes, and this model takes at most {maxBytes} in one request";
        }

        if (inputs.FirstOrDefault(input => Inputs.All(spec => spec.Name != input.Name)) is { } unknown)
        {
            return $"the model has no input named '{Shown(unknown.Name)}'; its inputs are {string.Join(", ", Inputs.Select(Describe))}";
        }

        return Inputs.Select(spec => InputProblem(spec, [.. inputs.Where(input => input.Name == spec.Name)], maxRows))
            .FirstOrDefault(problem => problem is not null);
    }

    /// <summary>
    /// The rows that a checked request is priced by: the largest first dimension of the inputs whose first dimension the caller
    /// chooses; 1 when there is none.
    /// </summary>
    public uint Rows(IReadOnlyList<TensorValue> inputs) =>
        (uint)inputs.Where(input => Inputs.Any(spec => spec.Name == input.Name && spec.Shape.Count > 0 && spec.Shape[0] < 0))
            .Select(input => input.Rows).DefaultIfEmpty(1).Max();

    /// <summary>What is wrong with the outputs that are asked for, in words for the caller; null when nothing is.</summary>
    public string? OutputProblem(IReadOnlyCollection<string> wanted)
    {
        string? unknown = wanted.FirstOrDefault(name => Outputs.All(spec => spec.Name != name));
        return unknown is null ? null : $"the model has no output named '{Shown(unknown)}'; its outputs are {string.Join(", ", Outputs.Select(Describe))}";
    }

    private static string? InputProblem(TensorSpec spec, TensorValue[] given, long maxRows)
    {
        if (given.Length != 1)
        {
            return $"input {Describe(spec)} is needed exactly once and came {given.Length} times";
        }

        TensorValue input = given[0];
        if (input.Datatype.Name() != spec.Datatype)
        {
            return $"input '{spec.Name}' has datatype {input.Datatype}, and the model takes {spec.Datatype}";
        }

        return ShapeProblem(spec, input) ?? DataProblem(input)
            ?? (input.Rows <= maxRows ? null : $"input '{spec.Name}' has {input.Rows} rows, and this model takes at most {maxRows} in one request");
    }

    private static string? ShapeProblem(TensorSpec spec, TensorValue input)
    {
        bool fits = spec.Shape.Count == input.Shape.Count
            && spec.Shape.Zip(input.Shape).All(sizes => sizes.First < 0 ? sizes.Second > 0 : sizes.First == sizes.Second);
        return fits ? null : $"input '{spec.Name}' has shape {Show(input.Shape)}, and the model takes {Show(spec.Shape)} (-1: any size from 1)";
    }

    private static string? DataProblem(TensorValue input)
    {
        long? count = input.ElementCount();
        if (count is null)
        {
            return $"input '{input.Name}' has shape {Show(input.Shape)}, which no request can fill";
        }

        if (input.Datatype == TensorDatatype.BYTES)
        {
            int? elements = input.CountByteElements();
            return elements == count ? null : $"input '{input.Name}' needs {count} elements by its shape, and its data holds {elements?.ToString() ?? "a broken list of them"}";
        }

        if (input.Datatype == TensorDatatype.BOOL && input.Data.Span.ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            return $"input '{input.Name}' has a BOOL that is neither 0 nor 1";
        }

        long wanted = count.Value * input.Datatype.Width();
        return input.Data.Length == wanted ? null : $"input '{input.Name}' needs {wanted} bytes by its shape, and its data has {input.Data.Length}";
    }

    private static string Describe(TensorSpec spec) => $"'{spec.Name}' ({spec.Datatype} {Show(spec.Shape)})";

    private static string Show(IReadOnlyList<long> shape) => $"[{string.Join(',', shape.Take(16))}{(shape.Count > 16 ? ",…" : "")}]";

    private static string Shown(string name) => name.Length <= 64 ? name : name[..64] + "…";
}
