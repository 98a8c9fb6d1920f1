using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ncn.Inference.Operators;

/// <summary>What a part of a run is to do.</summary>
internal enum AttentionPhase
{
    /// <summary>Write the new keys and values of several tokens into the cache.</summary>
    Store,

    /// <summary>Attend from several tokens, whose keys and values are there.</summary>
    Prompt,

    /// <summary>Both, for all tokens of a head: where there are heads enough for all threads, this spares them a wait for each other.</summary>
    Whole,

    /// <summary>Both, for one token of each row.</summary>
    Step,
}

/// <summary>
/// One run of an attention, shared by the threads that compute it. The bits of a token depend on its row's tokens alone: not on those beside it, on the
/// number of threads, nor on how a prompt was cut into runs, as long as these have several tokens: the sums of a run of one token have another order.
/// </summary>
internal unsafe struct AttentionRun
{
    private const int MostBlockTokens = 32;
    private const int LeastBlockTokens = 4;

    /// <summary>Scores that an item of a prompt holds, if that is possible: 1 MiB.</summary>
    private const int BlockScores = 1 << 18;

    public int Rows;
    public int Tokens;
    public int Heads;
    public int KeyHeads;
    public int HeadSize;
    public int Length;
    public int QueryWidth;
    public int NewWidth;
    public int Half;
    public int Rotations;

    /// <summary>Tokens of the longest row, with the new ones.</summary>
    public int Longest;

    /// <summary>Tokens of one item of a prompt.</summary>
    public int BlockTokens;

    /// <summary>Items of a prompt for each head.</summary>
    public int Blocks;

    public float Scale;
    public float* Query;
    public float* NewKeys;
    public float* NewValues;
    public float* Keys;
    public float* Values;
    public float* Cosines;
    public float* Sines;
    public float* Output;

    /// <summary>Of each row the place of its first new token, and its length with the new ones that count.</summary>
    public (int Start, int End)* Spans;

    public AttentionPhase Phase;
    public int Items;
    public int Parts;
    public volatile int Failed;

    [ThreadStatic]
    private static float[]? t_scratch;

    private readonly int Group => Heads / KeyHeads;

    /// <summary>Divides the tokens of each row among items.</summary>
    public void CutIntoBlocks()
    {
        BlockTokens = Math.Clamp(BlockScores / VectorMath.Padded(Longest) / Group, LeastBlockTokens, MostBlockTokens);
        Blocks = (Tokens + BlockTokens - 1) / BlockTokens;
    }

    /// <summary>Does part <paramref name="part"/> of the items.</summary>
    public readonly void DoPart(int part)
    {
        int end = (int)((long)Items * (part + 1) / Parts);
        for (int item = (int)((long)Items * part / Parts); item < end; item++)
        {
            switch (Phase)
            {
                case AttentionPhase.Store:
                    Store(item / KeyHeads, item % KeyHeads);
                    break;
                case AttentionPhase.Whole:
                    Store(item / KeyHeads, item % KeyHeads);
                    for (int block = 0; block < Blocks; block++)
                    {
                        Prompt(item / KeyHeads, item % KeyHeads, block * BlockTokens);
                    }

                    break;
                case AttentionPhase.Step:
                    Step(item / KeyHeads, item % KeyHeads);
                    break;
                default:
                    Prompt(item / KeyHeads / Blocks, item / Blocks % KeyHeads, item % Blocks * BlockTokens);
                    break;
            }
        }
    }

    private readonly float* Cached(float* cache, int row, int head) => cache + (((long)row * KeyHeads) + head) * Length * HeadSize;

    private readonly float* New(float* numbers, int row, int token, int head) => numbers + (((long)row * Tokens) + token) * NewWidth + ((long)head * HeadSize);

    private readonly void Rotate(float* from, float* to, int position, float scale)
    {
        AttentionMath.Rotate(from, to, Cosines + ((long)position * Half), Sines + ((long)position * Half), Half, HeadSize, scale);
    }

    private readonly void Store(int row, int head)
    {
        int start = Spans[row].Start;
        int tokens = Spans[row].End - start;
        float* keys = Cached(Keys, row, head) + ((long)start * HeadSize);
        float* values = Cached(Values, row, head) + ((long)start * HeadSize);
        for (int token = 0; token < tokens; token++)
        {
            Rotate(New(NewKeys, row, token, head), keys + ((long)token * HeadSize), start + token, 1);
            Unsafe.CopyBlock(values + ((long)token * HeadSize), New(NewValues, row, token, head), (uint)(HeadSize * sizeof(float)));
        }
    }

    private readonly void Step(int row, int head)
    {
        Store(row, head);
        int tokens = Spans[row].End;
        int stride = VectorMath.Padded(tokens);
        float* query = Scratch(HeadSize + stride);
        float* scores = query + HeadSize;
        for (int member = 0; member < Group; member++)
        {
            long at = ((long)(head * Group) + member) * HeadSize;
            Rotate(Query + ((long)row * QueryWidth) + at, query, tokens - 1, Scale);
            AttentionMath.Dots(query, Cached(Keys, row, head), tokens, HeadSize, scores);
            float total = AttentionMath.Softmax(scores, tokens);
            AttentionMath.Weigh(scores, Cached(Values, row, head), tokens, HeadSize, 1 / total, Output + ((long)row * Heads * HeadSize) + at);
        }
    }

    /// <summary>Up to <see cref="BlockTokens"/> tokens of a row, for all query heads that share a key head.</summary>
    private readonly void Prompt(int row, int head, int first)
    {
        int start = Spans[row].Start;
        int count = Math.Min(BlockTokens, Tokens - first);
        int valid = Math.Clamp(Spans[row].End - start - first, 0, count);
        ClearFrom(row, head, first + valid, count - valid);
        if (valid == 0)
        {
            return;
        }

        int queries = valid * Group;
        int stride = VectorMath.Padded(start + first + valid);
        float* turned = Scratch((queries * HeadSize) + (HeadSize * VectorMath.Lanes) + ((long)queries * stride));
        float* tile = turned + (queries * HeadSize);
        float* scores = tile + (HeadSize * VectorMath.Lanes);
        for (int token = 0; token < valid; token++)
        {
            for (int member = 0; member < Group; member++)
            {
                float* query = Query + ((((long)row * Tokens) + first + token) * QueryWidth) + ((long)((head * Group) + member) * HeadSize);
                Rotate(query, turned + (((token * Group) + member) * HeadSize), start + first + token, Scale);
            }
        }

        var block = new AttentionBlock(queries, Group, start + first + 1, HeadSize, stride, turned, scores);
        block.Score(Cached(Keys, row, head), tile);
        block.Weigh(Cached(Values, row, head), turned);
        for (int query = 0; query < queries; query++)
        {
            float* to = Output + ((((long)row * Tokens) + first + (query / Group)) * Heads * HeadSize) + ((long)((head * Group) + (query % Group)) * HeadSize);
            Unsafe.CopyBlock(to, turned + (query * HeadSize), (uint)(HeadSize * sizeof(float)));
        }
    }

    /// <summary>Tokens that only fill a row up say nothing.</summary>
    private readonly void ClearFrom(int row, int head, int token, int count)
    {
        for (int i = 0; i < count; i++)
        {
            NativeMemory.Clear(Output + ((((long)row * Tokens) + token + i) * Heads * HeadSize) + ((long)head * Group * HeadSize), (nuint)(Group * HeadSize * sizeof(float)));
        }
    }

    /// <summary>Memory of this thread, on a border of 64 bytes.</summary>
    private static float* Scratch(long count)
    {
        if (t_scratch is null || t_scratch.Length < count + VectorMath.Lanes)
        {
            t_scratch = GC.AllocateUninitializedArray<float>(checked((int)(count + (count / 2) + VectorMath.Lanes)), pinned: true);
        }

        return (float*)(((nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(t_scratch)) + 63) & ~(nint)63);
    }
}
