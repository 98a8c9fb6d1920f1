using System.Text.Unicode;

namespace Ncn.Protocol;

/// <summary>A tensor model's inputs and outputs, and the check of a request against them. Pure; a request that fits costs no memory.</summary>
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
        ArgumentNullException.ThrowIfNull(inputs);
        long bytes = 0;
        for (int i = 0; i < inputs.Count; i++)
        {
            bytes += inputs[i].Data.Length;
            if (IndexOf(Inputs, inputs[i].Name) < 0)
            {
                return $"the model has no input named '{Shown(inputs[i].Name)}'; its inputs are {string.Join(", ", Inputs.Select(Describe))}";
            }
        }

        return bytes > maxBytes
            ? $"the inputs have {bytes} bytes, and this model takes at most {maxBytes} in one request"
            : InputsProblem(inputs, maxRows);
    }

    /// <summary>
    /// The rows that a checked request is priced by: the largest first dimension of the inputs whose first dimension the caller
    /// chooses; 1 when there is none.
    /// </summary>
    public uint Rows(IReadOnlyList<TensorValue> inputs) =>
        (uint)inputs.Where(input => Inputs.Any(spec => spec.Name == input.Name && spec.Shape.Count > 0 && spec.Shape[0] < 0))
            .Select(input => input.Rows).DefaultIfEmpty(1).Max();

    /// <summary>What is wrong with the outputs that are asked for, in words for the caller; null when nothing is.</summary>
    public string? OutputProblem(IReadOnlyList<string> wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        for (int i = 0; i < wanted.Count; i++)
        {
            if (IndexOf(Outputs, wanted[i]) < 0)
            {
                return $"the model has no output named '{Shown(wanted[i])}'; its outputs are {string.Join(", ", Outputs.Select(Describe))}";
            }

            for (int before = 0; before < i; before++)
            {
                if (wanted[before] == wanted[i])
                {
                    return $"the output '{wanted[i]}' is asked for twice";
                }
            }
        }

        return null;
    }

    /// <summary>The place of a tensor in one of the lists; -1 when it is in none.</summary>
    public static int IndexOf(IReadOnlyList<TensorSpec> specs, string name)
    {
        for (int i = 0; i < specs.Count; i++)
        {
            if (specs[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    private string? InputsProblem(IReadOnlyList<TensorValue> inputs, long maxRows)
    {
        for (int i = 0; i < Inputs.Count; i++)
        {
            TensorSpec spec = Inputs[i];
            TensorValue? only = Single(inputs, spec.Name, out int times);
            string? problem = only is null
                ? $"input {Describe(spec)} is needed exactly once and came {times} times"
                : InputProblem(spec, only, maxRows);
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    private static TensorValue? Single(IReadOnlyList<TensorValue> inputs, string name, out int times)
    {
        TensorValue? found = null;
        times = 0;
        for (int i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].Name == name)
            {
                found = inputs[i];
                times++;
            }
        }

        return times == 1 ? found : null;
    }

    private static string? InputProblem(TensorSpec spec, TensorValue input, long maxRows) =>
        input.Datatype.Name() != spec.Datatype
            ? $"input '{spec.Name}' has datatype {input.Datatype}, and the model takes {spec.Datatype}"
            : ShapeProblem(spec, input) ?? CountProblem(input) ?? ContentProblem(input)
                ?? (input.Rows <= maxRows ? null : $"input '{spec.Name}' has {input.Rows} rows, and this model takes at most {maxRows} in one request");

    private static string? ShapeProblem(TensorSpec spec, TensorValue input)
    {
        bool fits = spec.Shape.Count == input.Shape.Count;
        for (int i = 0; fits && i < spec.Shape.Count; i++)
        {
            fits = spec.Shape[i] < 0 ? input.Shape[i] > 0 : spec.Shape[i] == input.Shape[i];
        }

        return fits ? null : $"input '{spec.Name}' has shape {Show(input.Shape)}, and the model takes {Show(spec.Shape)} (-1: any size from 1)";
    }

    private static string? CountProblem(TensorValue input)
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

        long wanted = count.Value * input.Datatype.Width();
        return input.Data.Length == wanted ? null : $"input '{input.Name}' needs {wanted} bytes by its shape, and its data has {input.Data.Length}";
    }

    /// <summary>ONNX Runtime takes every byte for a bool and for text; what its operators then do with it is their secret.</summary>
    private static string? ContentProblem(TensorValue input)
    {
        if (input.Datatype == TensorDatatype.BOOL)
        {
            int at = input.Data.Span.IndexOfAnyExceptInRange((byte)0, (byte)1);
            return at < 0 ? null : $"input '{input.Name}' has the value {input.Data.Span[at]} at element {at}, and a BOOL is 0 or 1";
        }

        if (input.Datatype == TensorDatatype.BYTES)
        {
            int at = 0;
            foreach (ReadOnlySpan<byte> element in input.EnumerateBytes())
            {
                if (!Utf8.IsValid(element))
                {
                    return $"element {at} of input '{input.Name}' is no UTF-8 text, and models with BYTES inputs take text only";
                }

                at++;
            }
        }

        return null;
    }

    private static string Describe(TensorSpec spec) => $"'{spec.Name}' ({spec.Datatype} {Show(spec.Shape)})";

    private static string Show(IReadOnlyList<long> shape) => $"[{string.Join(',', shape.Take(16))}{(shape.Count > 16 ? ",…" : "")}]";

    private static string Shown(string name) => name.Length <= 64 ? name : name[..64] + "…";
}
