using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>What requests must share to be run together, and be bound alike: the sizes of their inputs but for the rows, and the outputs they want.</summary>
/// <param name="id">Differs from every other form's.</param>
/// <param name="merges">Whether the first size of each input is left open.</param>
/// <param name="sizes">Of each input.</param>
/// <param name="wanted">Indices of outputs.</param>
/// <param name="outputSizes">Of all outputs of the model, as far as they are known.</param>
internal sealed class TensorForm(long id, bool merges, long[][] sizes, int[] wanted, SizeSource[]?[] outputSizes)
{
    private int _merges;
    private double _microsecondsPerRow = double.MaxValue;

    public long Id { get; } = id;

    /// <summary>True when the first size of each input is left open.</summary>
    public bool Merges { get; } = merges;

    /// <summary>Sizes of each input; where the form merges, the first one means nothing.</summary>
    public long[][] Sizes { get; } = sizes;

    /// <summary>Indices of the outputs, in the order in which they are wanted.</summary>
    public int[] Wanted { get; } = wanted;

    /// <summary>Bytes of the wanted outputs for one row, as far as they are known; more than any memory has when they have no bound.</summary>
    public double OutputBytesPerRow { get; set; }

    /// <summary>False after a run whose outputs had other sizes than the model's names of dimensions promise.</summary>
    public bool KeepsItsSizes { get; set; } = true;

    public long[] InputShape(int input, int rows)
    {
        long[] shape = [.. Sizes[input]];
        if (Merges)
        {
            shape[0] = rows;
        }

        return shape;
    }

    /// <summary>The shape of one of the model's outputs at so many rows; null when only the run can tell.</summary>
    public long[]? OutputShape(int output, int rows) => outputSizes[output] is not { } sources
        ? null
        : [.. sources.Select(source => source.Input < 0 ? source.Fixed : Merges && source.Axis == 0 ? rows : Sizes[source.Input][source.Axis])];

    /// <summary>Counts a merged run; true for the 1st, 2nd, 4th, 8th, … one, which is checked against lone runs.</summary>
    public bool NextMergeNeedsProof() => int.IsPow2(Interlocked.Increment(ref _merges) & int.MaxValue);

    /// <summary>A lone run took so long. The quickest counts, since a machine can be late but never early; it is forgotten slowly.</summary>
    public void Took(double microseconds, int rows) => _microsecondsPerRow = Math.Min(microseconds / rows, _microsecondsPerRow * 1.125);

    /// <summary>A lone run's expected length; huge before the first one.</summary>
    public double ExpectedMicroseconds(int rows) => _microsecondsPerRow * rows;
}

/// <summary>The forms that requests to one model had so far. A bounded memory: when it is full it begins anew, with new ids.</summary>
internal sealed class TensorForms(TensorLayout layout, bool merges)
{
    private const int MaxForms = 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, TensorForm> _byHash = [];
    private volatile bool _merges = merges && layout.RowsAreIndependent;
    private long _last;

    /// <summary>Whether requests may share a run.</summary>
    public bool Merges => _merges;

    /// <summary>Rows of one request turned out to change another's answer.</summary>
    public void StopMerging() => _merges = false;

    /// <param name="inputs">Checked, in the model's order.</param>
    /// <param name="wanted">Checked; none means all.</param>
    public TensorForm Find(TensorValue[] inputs, IReadOnlyList<string> wanted)
    {
        bool merges = _merges && RowsAgree(inputs);
        ulong hash = Hash(inputs, wanted, merges);
        lock (_gate)
        {
            if (_byHash.TryGetValue(hash, out TensorForm? known) && Matches(known, inputs, wanted, merges))
            {
                return known;
            }

            if (_byHash.Count >= MaxForms)
            {
                _byHash.Clear();
            }

            return _byHash[hash] = New(inputs, wanted, merges);
        }
    }

    private TensorForm New(TensorValue[] inputs, IReadOnlyList<string> wanted, bool merges)
    {
        int[] outputs = wanted.Count == 0 ? [.. Enumerable.Range(0, layout.Outputs.Length)] : [.. wanted.Select(Output)];
        var form = new TensorForm(++_last, merges, [.. inputs.Select(input => input.Shape.ToArray())], outputs, layout.OutputSizes);
        form.OutputBytesPerRow = outputs.Sum(output => form.OutputShape(output, rows: 1) is { } shape
            ? shape.Aggregate((double)layout.Outputs[output].Datatype.Width(), static (product, size) => product * size)
            : 0);
        return form;
    }

    private static bool RowsAgree(TensorValue[] inputs)
    {
        foreach (TensorValue input in inputs)
        {
            if (input.Rows != inputs[0].Rows)
            {
                return false;
            }
        }

        return true;
    }

    private int Output(string name)
    {
        int at = 0;
        while (layout.Outputs[at].Name != name)
        {
            at++;
        }

        return at;
    }

    private ulong Hash(TensorValue[] inputs, IReadOnlyList<string> wanted, bool merges)
    {
        ulong hash = merges ? 1UL : 2UL;
        foreach (TensorValue input in inputs)
        {
            for (int axis = merges ? 1 : 0; axis < input.Shape.Count; axis++)
            {
                hash = Mix(hash, (ulong)input.Shape[axis]);
            }
        }

        for (int i = 0; i < wanted.Count; i++)
        {
            hash = Mix(hash, (ulong)Output(wanted[i]) + 1);
        }

        return hash;
    }

    private bool Matches(TensorForm form, TensorValue[] inputs, IReadOnlyList<string> wanted, bool merges)
    {
        if (form.Merges != merges || form.Wanted.Length != (wanted.Count == 0 ? layout.Outputs.Length : wanted.Count))
        {
            return false;
        }

        for (int i = 0; i < wanted.Count; i++)
        {
            if (form.Wanted[i] != Output(wanted[i]))
            {
                return false;
            }
        }

        return SizesMatch(form, inputs);
    }

    private static bool SizesMatch(TensorForm form, TensorValue[] inputs)
    {
        for (int i = 0; i < inputs.Length; i++)
        {
            for (int axis = form.Merges ? 1 : 0; axis < form.Sizes[i].Length; axis++)
            {
                if (form.Sizes[i][axis] != inputs[i].Shape[axis])
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>The step of SplitMix64.</summary>
    private static ulong Mix(ulong hash, ulong value)
    {
        unchecked
        {
            ulong mixed = (hash ^ value) + 0x9E3779B97F4A7C15UL;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
            return mixed ^ (mixed >> 31);
        }
    }
}
