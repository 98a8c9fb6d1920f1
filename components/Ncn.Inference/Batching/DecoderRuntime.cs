using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Ncn.Inference.Generation;

namespace Ncn.Inference.Batching;

/// <summary>
/// A decoder of ONNX Runtime whose keys and values stay where they are: each attention layer reads its past from, and writes its
/// present to, the same buffer of all slots. A prefill runs over one slot, a decoding step over the slots 0 to n-1, whose rows may
/// have any lengths; the attention mask says which. In steady state nothing is allocated.
/// </summary>
internal sealed class DecoderRuntime : IDecoderRuntime
{
    /// <summary>Part of a decoder's digest: changes whenever the same tokens could give other logits.</summary>
    public const string Version = "ncn-decoder/3";

    /// <summary>
    /// Tokens of one prefill. Part of the arithmetic: a prompt is always cut at multiples of it, so that a part of a prompt that
    /// was computed for one request has the bits that another would compute.
    /// </summary>
    public const int CpuChunkTokens = 64;

    /// <summary>The same on a GPU, which needs more tokens at once to be busy.</summary>
    public const int CudaChunkTokens = 256;

    private const int Unwanted = -1;

    /// <summary>Chunks of a long run.</summary>
    private const int LongRun = 2;

    /// <summary>On the CPU the mask of a decoding step is as wide as its longest row, in these steps.</summary>
    private const int MaskStep = 128;

    /// <summary>Prompts that are computed together have no more logits than this.</summary>
    private const long TogetherLogits = 1 << 22;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly DecoderGraph _graph;
    private readonly DecoderSignature _signature;
    private readonly int _vocabulary;
    private readonly KvMemory _cache;
    private readonly HostBuffer<long> _ids;
    private readonly HostBuffer<long> _positions;
    private readonly HostBuffer<long> _mask;
    private readonly HostBuffer<long> _ones;
    private readonly HostBuffer<long> _togetherMask;
    private readonly HostBuffer<long> _places;
    private readonly HostBuffer<long> _onlyPlace = new(1);
    private readonly HostBuffer<float>? _logits;
    private readonly HostBuffer<ushort>? _halfLogits;
    private readonly float[] _widened = [];
    private readonly int[] _maskLengths;
    private readonly BoundRun?[] _prefills;
    private readonly BoundRun?[] _decodes;
    private readonly int[] _decodeWidths;
    private readonly Dictionary<(int Slot, int Prompts), BoundRun> _together = [];
    private readonly int[] _columns;
    private int _width;
    private int _maskWidth;

    /// <summary>Loads the decoder and allocates its memory.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="slots">Sequences.</param>
    /// <param name="length">Tokens of one sequence.</param>
    /// <param name="options">The operator's.</param>
    /// <param name="changes">What may be changed in the graph.</param>
    /// <exception cref="InvalidDataException">The file or the graph cannot be used, or the memory is more than the options allow.</exception>
    public DecoderRuntime(string folder, DecoderConfig config, int slots, int length, InferenceOptions options, GraphChanges changes = GraphChanges.All)
    {
        bool cuda = options.ExecutionProvider == InferenceOptions.Cuda;
        (Slots, Length, ChunkTokens) = (slots, length, cuda ? CudaChunkTokens : CpuChunkTokens);
        (_graph, _vocabulary) = (config.Graph, config.Vocabulary);
        string file = Path.Combine(folder, config.Graph.FileName);
        InferenceSession? edited = DecoderSessions.OpenEdited(file, config.Graph.Logits, options, changes);
        (_session, IsEdited) = (edited ?? DecoderSessions.Open(file, options), edited is not null);
        try
        {
            _signature = DecoderSignature.Read(_session, config);
            CheckMemory(options);
            _cache = new KvMemory(_graph, _signature.CacheType, slots, length, cuda ? (_session, options.Device) : null);
        }
        catch
        {
            _session.Dispose();
            throw;
        }

        TogetherTokens = cuda || _signature.LastLogitsOnly ? 0 : (int)Math.Clamp(TogetherLogits / _signature.LogitsWidth, ChunkTokens, 4 * ChunkTokens);
        LongRunTokens = TogetherTokens >= LongRun * ChunkTokens ? LongRun * ChunkTokens : ChunkTokens;
        int rows = Math.Max(slots, Math.Max(TogetherTokens, ChunkTokens));
        _ids = new HostBuffer<long>(rows);
        _positions = new HostBuffer<long>(rows);
        _mask = new HostBuffer<long>((long)slots * length);
        _ones = new HostBuffer<long>(length);
        _ones.Slice(0, length).Fill(1);
        _togetherMask = new HostBuffer<long>(Math.Max(1, TogetherTokens));
        _columns = new int[rows];
        _places = new HostBuffer<long>(rows);
        _maskLengths = new int[slots];
        _prefills = new BoundRun?[slots];
        _decodes = new BoundRun?[slots + 1];
        _decodeWidths = new int[slots + 1];
        long logits = (long)(_signature.LastLogitsOnly ? slots : rows) * _signature.LogitsWidth;
        if (_signature.LogitsType == TensorElementType.Float)
        {
            _logits = new HostBuffer<float>(logits);
        }
        else
        {
            _halfLogits = new HostBuffer<ushort>(logits);
            _widened = new float[logits];
        }
    }

    public int Slots { get; }

    public int Length { get; }

    public int ChunkTokens { get; }

    public int LongRunTokens { get; }

    public bool HasChunkLogits => !_signature.LastLogitsOnly;

    /// <summary>True when something was changed in the graph.</summary>
    public bool IsEdited { get; }

    /// <summary>True when the logits of a prefill are computed only for tokens that are looked at.</summary>
    public bool ChoosesLogits => _signature.TakesPlaces;

    public int TogetherTokens { get; }

    public bool MovesSlots => !_cache.OnDevice;

    /// <summary>Bytes of keys and values.</summary>
    public long CacheBytes => KvMemory.Bytes(_graph, _signature.CacheType, Slots, Length);

    public void Prefill(int slot, ReadOnlySpan<int> tokens, int start, int looksFrom)
    {
        if (tokens.Length < 1 || tokens.Length > LongRunTokens || start < 0 || start + tokens.Length > Length)
        {
            throw new ArgumentOutOfRangeException(nameof(tokens), $"{tokens.Length} tokens at {start} do not fit into a slot of {Length}.");
        }

        Span<long> ids = _ids.Slice(0, tokens.Length);
        Span<long> positions = _positions.Slice(0, tokens.Length);
        for (int i = 0; i < tokens.Length; i++)
        {
            ids[i] = tokens[i];
            positions[i] = start + i;
        }

        BoundRun bound = _prefills[slot] ??= new BoundRun(_session, BindCache(slot, 1));
        bound.Bind(_graph.AttentionMask, _ones.View(TensorElementType.Int64, 1, start + tokens.Length));
        _columns.AsSpan(0, looksFrom).Fill(Unwanted);
        _columns.AsSpan(looksFrom, tokens.Length - looksFrom).Clear();
        BindTokens(bound, 1, tokens.Length);
        bound.Run(_run);
        LookAt(0);
    }

    public void PrefillTogether(int firstSlot, ReadOnlySpan<WholePrompt> prompts)
    {
        int longest = 0;
        foreach (WholePrompt prompt in prompts)
        {
            longest = Math.Max(longest, prompt.Tokens.Length);
        }

        if (longest > Length || (long)longest * prompts.Length > TogetherTokens)
        {
            throw new ArgumentOutOfRangeException(nameof(prompts), $"{prompts.Length} prompts of {longest} tokens are too many to be computed together.");
        }

        _columns.AsSpan(0, longest).Fill(Unwanted);
        for (int row = 0; row < prompts.Length; row++)
        {
            FillUp(row, prompts[row].Tokens.Span, longest);
            _columns.AsSpan(prompts[row].LooksFrom..prompts[row].Tokens.Length).Clear();
        }

        if (!_together.TryGetValue((firstSlot, prompts.Length), out BoundRun? bound))
        {
            _together[(firstSlot, prompts.Length)] = bound = new BoundRun(_session, BindCache(firstSlot, prompts.Length));
        }

        bound.Bind(_graph.AttentionMask, _togetherMask.View(TensorElementType.Int64, prompts.Length, longest));
        BindTokens(bound, prompts.Length, longest);
        bound.Run(_run);
        LookAt(0);
    }

    public void LookAt(int prompt) => FirstLogits = prompt * _width;

    public void Decode(ReadOnlySpan<int> tokens, ReadOnlySpan<int> positions)
    {
        int rows = tokens.Length;
        SetMaskWidth(positions);
        for (int row = 0; row < rows; row++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(positions[row], Length, nameof(positions));
            _ids.Slice(row, 1)[0] = tokens[row];
            _positions.Slice(row, 1)[0] = positions[row];
            SetMask(row, positions[row] + 1);
        }

        BoundRun bound = _decodes[rows] ??= BindDecode(rows);
        if (_decodeWidths[rows] != _maskWidth)
        {
            bound.Bind(_graph.AttentionMask, _mask.View(TensorElementType.Int64, rows, _maskWidth));
            _decodeWidths[rows] = _maskWidth;
        }

        if (_cache.OnDevice)
        {
            // What is bound from the host is copied to the device when it is bound.
            bound.BindAgain();
        }

        bound.Run(_run);
        (FirstLogits, _width) = (0, 0);
    }

    public Span<float> Logits(int index)
    {
        long start = (long)(FirstLogits + (_width == 0 ? index : _columns[index])) * _signature.LogitsWidth;
        if (_logits is not null)
        {
            return _logits.Slice(start, _vocabulary);
        }

        Span<float> widened = _widened.AsSpan((int)start, _vocabulary);
        Span<Half> halves = MemoryMarshal.Cast<ushort, Half>(_halfLogits!.Slice(start, _vocabulary));
        for (int i = 0; i < widened.Length; i++)
        {
            widened[i] = (float)halves[i];
        }

        return widened;
    }

    public void Copy(int from, int to, int tokens) => _cache.Copy(from, to, tokens);

    public void Swap(int first, int second, int tokens) => _cache.Swap(first, second, tokens);

    public void Dispose()
    {
        foreach (BoundRun? bound in _prefills.Concat(_decodes).Concat(_together.Values))
        {
            bound?.Dispose();
        }

        _cache.Dispose();
        _ids.Dispose();
        _positions.Dispose();
        _mask.Dispose();
        _ones.Dispose();
        _togetherMask.Dispose();
        _places.Dispose();
        _onlyPlace.Dispose();
        _logits?.Dispose();
        _halfLogits?.Dispose();
        _run.Dispose();
        _session.Dispose();
    }

    /// <summary>Where the logits of the prompt that is looked at begin, in tokens.</summary>
    private int FirstLogits { get; set; }

    /// <summary>One row of prompts that are computed together; the mask says where it ends.</summary>
    private void FillUp(int row, ReadOnlySpan<int> prompt, int longest)
    {
        long start = (long)row * longest;
        Span<long> ids = _ids.Slice(start, longest);
        Span<long> positions = _positions.Slice(start, longest);
        Span<long> mask = _togetherMask.Slice(start, longest);
        for (int i = 0; i < longest; i++)
        {
            (ids[i], positions[i], mask[i]) = i < prompt.Length ? (prompt[i], i, 1) : (0, i, 0);
        }
    }

    private BoundRun BindDecode(int rows)
    {
        var bound = new BoundRun(_session, BindCache(0, rows));
        if (_signature.TakesPlaces)
        {
            bound.Bind(TailEdit.Places, _onlyPlace.View(TensorElementType.Int64, 1));
        }

        BindRows(bound, rows, 1, 1);
        return bound;
    }

    /// <summary>Binds a prefill. Each column whose logits are wanted gets its number among those.</summary>
    private void BindTokens(BoundRun bound, int rows, int tokens)
    {
        if (!_signature.TakesPlaces)
        {
            for (int i = 0; i < tokens; i++)
            {
                _columns[i] = _signature.LastLogitsOnly ? 0 : i;
            }

            _width = _signature.LastLogitsOnly ? 1 : tokens;
            BindRows(bound, rows, tokens, _width);
            return;
        }

        _width = 0;
        Span<long> places = _places.Slice(0, tokens);
        for (int i = 0; i < tokens; i++)
        {
            if (_columns[i] != Unwanted)
            {
                _columns[i] = _width;
                places[_width++] = i;
            }
        }

        bound.Bind(TailEdit.Places, _places.View(TensorElementType.Int64, _width));
        BindRows(bound, rows, tokens, _width);
    }

    private void BindRows(BoundRun bound, int rows, int tokens, int logits)
    {
        bound.Bind(_graph.InputIds, _ids.View(TensorElementType.Int64, rows, tokens));
        if (_signature.TakesPositions)
        {
            bound.Bind(_graph.PositionIds, _positions.View(TensorElementType.Int64, rows, tokens));
        }

        long[] shape = [rows, logits, _signature.LogitsWidth];
        bound.BindOutput(_graph.Logits, _logits?.View(TensorElementType.Float, shape) ?? _halfLogits!.View(TensorElementType.Float16, shape));
    }

    private IEnumerable<(string Past, string Present, OrtValue View)> BindCache(int firstSlot, int slots)
    {
        for (int buffer = 0; buffer < _cache.Count; buffer++)
        {
            (string past, string present) = buffer % 2 == 0 ? (_graph.PastKey, _graph.PresentKey) : (_graph.PastValue, _graph.PresentValue);
            yield return (DecoderGraph.Name(past, buffer / 2), DecoderGraph.Name(present, buffer / 2), _cache.View(buffer, firstSlot, slots));
        }
    }

    /// <summary>A graph adds up each row of the mask, however long it could become. On a device the width is fixed: kernels there may divide their work by it.</summary>
    private void SetMaskWidth(ReadOnlySpan<int> positions)
    {
        int longest = 1;
        foreach (int position in positions)
        {
            longest = Math.Max(longest, position + 1);
        }

        int width = _cache.OnDevice ? Length : Math.Min(Length, (longest + MaskStep - 1) / MaskStep * MaskStep);
        if (width != _maskWidth)
        {
            _maskWidth = width;
            _mask.Slice(0, Slots * width).Clear();
            Array.Clear(_maskLengths);
        }
    }

    private void SetMask(int row, int length)
    {
        int before = _maskLengths[row];
        if (length > before)
        {
            _mask.Slice(((long)row * _maskWidth) + before, length - before).Fill(1);
        }
        else
        {
            _mask.Slice(((long)row * _maskWidth) + length, before - length).Clear();
        }

        _maskLengths[row] = length;
    }

    private void CheckMemory(InferenceOptions options)
    {
        long limit = (long)options.KvCacheMegabytes << 20;
        long wanted = KvMemory.Bytes(_graph, _signature.CacheType, Slots, Length);
        if (wanted > limit)
        {
            throw new InvalidDataException(
                $"the key-value cache of {Slots} slots with {Length} tokens takes {wanted >> 20} MiB, and KvCacheMegabytes allows {limit >> 20}; lower batching.slots or limits.contextTokens in the manifest, or raise KvCacheMegabytes");
        }
    }
}
