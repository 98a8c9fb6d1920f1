using System.Runtime.CompilerServices;
using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>A job with its places in the pool's orders.</summary>
internal sealed class JobEntry(RequestId request, Job job, PayerAccount account)
{
    internal Job Job = job;

    /// <summary>Unix milliseconds: when something happens to it by itself.</summary>
    internal ulong Due;

    /// <summary>Its payer's line of its fee class, while it may be handed out.</summary>
    internal PayerLine? Line;

    internal HeapPlaces Places = HeapPlaces.None;

    internal RequestId Request { get; } = request;

    internal PayerAccount Account { get; } = account;
}

/// <summary>Where a job is in each <see cref="JobHeap{TOrder}"/>; -1 where it is not.</summary>
[InlineArray(Count)]
internal struct HeapPlaces
{
    private const int Count = 4;

    private int _first;

    internal static HeapPlaces None
    {
        get
        {
            var places = default(HeapPlaces);
            ((Span<int>)places).Fill(-1);
            return places;
        }
    }
}

/// <summary>What one payer has in the pool.</summary>
internal sealed class PayerAccount
{
    internal int Living;

    /// <summary>At most one for each fee class, in no order: mostly one or two.</summary>
    internal readonly List<PayerLine> Lines = [];

    internal PayerLine LineOf(int feeClass)
    {
        foreach (var line in Lines)
        {
            if (line.FeeClass == feeClass)
            {
                return line;
            }
        }

        var added = new PayerLine(this, feeClass);
        Lines.Add(added);
        return added;
    }
}

/// <summary>One payer's jobs of one fee class that may be handed out, between its neighbours in the round.</summary>
internal sealed class PayerLine(PayerAccount account, int feeClass)
{
    internal readonly JobHeap<ByFee> Jobs = new();
    internal PayerLine? Next;
    internal PayerLine? Previous;

    internal PayerAccount Account { get; } = account;

    internal int FeeClass { get; } = feeClass;
}
