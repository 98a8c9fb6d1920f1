using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ncn.Inference.Operators;

/// <summary>Several queries of one row that attend to the same keys and values: those of neighbouring tokens and of the heads of one group.</summary>
/// <param name="count">Queries, token after token.</param>
/// <param name="group">Queries of a token.</param>
/// <param name="seen">Keys that the first token sees; each further token sees one more.</param>
/// <param name="size">Numbers of a query, key or value.</param>
/// <param name="stride">Scores of a query, with those that fill a vector up.</param>
/// <param name="queries">The queries, rotated and scaled.</param>
/// <param name="scores">Memory for the scores.</param>
internal readonly unsafe struct AttentionBlock(int count, int group, int seen, int size, int stride, float* queries, float* scores)
{
    private const int Lanes = VectorMath.Lanes;
    private const int Together = 8;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    private readonly float* _queries = queries;
    private readonly float* _scores = scores;

    /// <summary>Each query's shares of the keys that it sees, divided by their sum; 0 for the others.</summary>
    /// <param name="keys">The row's keys.</param>
    /// <param name="tile">Memory for 16 keys.</param>
    public void Score(float* keys, float* tile)
    {
        for (int key = 0; key < stride; key += Lanes)
        {
            int last = (count - 1) / group;
            Turn(keys + ((long)key * size), Math.Min(Lanes, seen + last - key), tile);
            int query = Math.Max(0, key + 1 - seen) * group; // those of the tokens before see none of these keys
            for (; query + Together <= count; query += Together)
            {
                ScoreEight(_queries + ((long)query * size), tile, _scores + ((long)query * stride) + key);
            }

            for (; query < count; query++)
            {
                ScoreOne(_queries + ((long)query * size), tile, _scores + ((long)query * stride) + key);
            }
        }

        for (int query = 0; query < count; query++)
        {
            Share(_scores + ((long)query * stride), seen + (query / group));
        }
    }

    /// <summary>The values' sums by the shares, one for each query.</summary>
    public void Weigh(float* values, float* output)
    {
        int query = 0;
        for (; query + 4 <= count; query += 4)
        {
            WeighFour(values, _scores + ((long)query * stride), seen + ((query + 3) / group), output + ((long)query * size));
        }

        for (; query < count; query++)
        {
            AttentionMath.Weigh(_scores + ((long)query * stride), values, seen + (query / group), size, 1, output + ((long)query * size));
        }
    }

    /// <summary>Keys as columns; those that are not there are 0.</summary>
    [MethodImpl(Hot)]
    private void Turn(float* keys, int there, float* tile)
    {
        unchecked
        {
            for (int key = 0; key < Lanes; key++)
            {
                float* from = keys + ((nint)key * size);
                float* to = tile + key;
                for (int i = 0; i < size; i++)
                {
                    to[(nint)i * Lanes] = key < there ? from[i] : 0;
                }
            }
        }
    }

    [MethodImpl(Hot)]
    private void ScoreEight(float* query, float* tile, float* to)
    {
        unchecked
        {
            Vector512<float> a = Vector512<float>.Zero, b = a, c = a, d = a, e = a, f = a, g = a, h = a;
            nint width = size;
            for (nint i = 0; i < width; i++)
            {
                Vector512<float> keys = Vector512.Load(tile + (i * Lanes));
                a = Vector512.FusedMultiplyAdd(Vector512.Create(query[i]), keys, a);
                b = Vector512.FusedMultiplyAdd(Vector512.Create(query[i + width]), keys, b);
                c = Vector512.FusedMultiplyAdd(Vector512.Create(query[i + (2 * width)]), keys, c);
                d = Vector512.FusedMultiplyAdd(Vector512.Create(query[i + (3 * width)]), keys, d);
                e = Vector512.FusedMultiplyAdd(Vector512.Create(query[i + (4 * width)]), keys, e);
                f = Vector512.FusedMultiplyAdd(Vector512.Create(query[i + (5 * width)]), keys, f);
                g = Vector512.FusedMultiplyAdd(Vector512.Create(query[i + (6 * width)]), keys, g);
                h = Vector512.FusedMultiplyAdd(Vector512.Create(query[i + (7 * width)]), keys, h);
            }

            nint step = stride;
            a.Store(to);
            b.Store(to + step);
            c.Store(to + (2 * step));
            d.Store(to + (3 * step));
            e.Store(to + (4 * step));
            f.Store(to + (5 * step));
            g.Store(to + (6 * step));
            h.Store(to + (7 * step));
        }
    }

    [MethodImpl(Hot)]
    private void ScoreOne(float* query, float* tile, float* to)
    {
        unchecked
        {
            Vector512<float> sum = Vector512<float>.Zero;
            for (nint i = 0; i < size; i++)
            {
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(query[i]), Vector512.Load(tile + (i * Lanes)), sum);
            }

            sum.Store(to);
        }
    }

    [MethodImpl(Hot)]
    private void Share(float* row, int sees)
    {
        unchecked
        {
            float scale = 1 / AttentionMath.Softmax(row, sees);
            int padded = VectorMath.Padded(sees);
            for (int i = 0; i < padded; i += Lanes)
            {
                (Vector512.Load(row + i) * Vector512.Create(scale)).Store(row + i);
            }

            for (int i = padded; i < stride; i += Lanes)
            {
                Vector512<float>.Zero.Store(row + i);
            }
        }
    }

    [MethodImpl(Hot)]
    private void WeighFour(float* values, float* shares, int sees, float* output)
    {
        unchecked
        {
            nint width = size;
            nint step = stride;
            for (nint at = 0; at < width; at += 2 * Lanes)
            {
                bool two = at + Lanes < width;
                nint next = two ? Lanes : 0;
                Vector512<float> a = Vector512<float>.Zero, b = a, c = a, d = a, e = a, f = a, g = a, h = a;
                float* value = values + at;
                for (nint i = 0; i < sees; i++, value += width)
                {
                    Vector512<float> first = Vector512.Load(value);
                    Vector512<float> second = Vector512.Load(value + next);
                    var share = Vector512.Create(shares[i]);
                    a = Vector512.FusedMultiplyAdd(share, first, a);
                    b = Vector512.FusedMultiplyAdd(share, second, b);
                    share = Vector512.Create(shares[i + step]);
                    c = Vector512.FusedMultiplyAdd(share, first, c);
                    d = Vector512.FusedMultiplyAdd(share, second, d);
                    share = Vector512.Create(shares[i + (2 * step)]);
                    e = Vector512.FusedMultiplyAdd(share, first, e);
                    f = Vector512.FusedMultiplyAdd(share, second, f);
                    share = Vector512.Create(shares[i + (3 * step)]);
                    g = Vector512.FusedMultiplyAdd(share, first, g);
                    h = Vector512.FusedMultiplyAdd(share, second, h);
                }

                a.Store(output + at);
                b.Store(output + at + next); // with one vector left, the same again
                c.Store(output + width + at);
                d.Store(output + width + at + next);
                e.Store(output + (2 * width) + at);
                f.Store(output + (2 * width) + at + next);
                g.Store(output + (3 * width) + at);
                h.Store(output + (3 * width) + at + next);
            }
        }
    }
}
