using System.Collections.Immutable;
using Ncn.Coordination.Dispatch;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Dispatch;

/// <summary>Drives a dispatcher in virtual time.</summary>
internal sealed class DispatchScript(DispatchRules? rules = null)
{
    private readonly DispatchRules _rules = rules ?? new DispatchRules();
    private ImmutableArray<DispatchOffer> _offers = [];

    internal ulong Now { get; set; } = Samples.Start;

    internal DispatchState State { get; private set; } = DispatchState.Empty;

    /// <summary>The draw of the next step: both halves choose the first of two when it is 0.</summary>
    internal ulong Draw { get; set; }

    internal static DispatchQuery Query(params string[] models) =>
        new(models is [] ? ["m"] : [.. models], 10, 10, 0, new TokenAmount(1_000_000), ulong.MaxValue);

    internal static ModelOffer Offer(string name = "m", uint perToken = 1) => Samples.Offer() with
    {
        Name = name,
        Kind = ModelOffer.Decoder,
        ContextTokens = 512,
        Price = new ModelPrice(default, new(perToken), new(perToken), default),
    };

    /// <summary>The subnet has one more node.</summary>
    internal DispatchScript With(int node, uint slots = 4, ModelOffer? offer = null, uint? free = null, uint queued = 0, ulong sequence = 1)
    {
        var record = Samples.Record(node, sequence, Now, slots);
        _offers = [.. _offers.Where(known => known.Node.Operator != record.Operator || known.Offer.Name != (offer ?? Offer()).Name),
            new DispatchOffer(record, offer ?? Offer(), free ?? slots, queued)];
        Apply(new DispatchInput.Nodes(Now, _offers));
        return this;
    }

    internal IReadOnlyList<DispatchOutput> Apply(DispatchInput input)
    {
        (State, var outputs) = Dispatcher.Apply(State, input, _rules);
        return outputs;
    }

    internal IReadOnlyList<DispatchOutput> Arrive(ulong run, DispatchQuery? query = null) =>
        Apply(new DispatchInput.Arrive(Now, run, query ?? Query(), Draw));

    internal IReadOnlyList<DispatchOutput> Output(ulong run, uint number = 0) => Apply(new DispatchInput.Output(Now, run, number));

    internal IReadOnlyList<DispatchOutput> Fail(ulong run, uint number = 0, DispatchFailure failure = DispatchFailure.Died) =>
        Apply(new DispatchInput.Fail(Now, run, number, failure, Draw));

    internal IReadOnlyList<DispatchOutput> Finish(ulong run, uint number = 0, uint tokens = 10, ulong generation = 100) =>
        Apply(new DispatchInput.Finish(Now, run, number, tokens, generation));

    internal IReadOnlyList<DispatchOutput> Tick(ulong run) => Apply(new DispatchInput.Tick(Now, run, Draw));

    /// <summary>A whole run whose first token takes this long; the node that it ran on.</summary>
    internal Address Run(ulong run, ulong firstToken = 10, DispatchQuery? query = null)
    {
        var node = NodeOf(Arrive(run, query));
        Now += firstToken;
        Output(run);
        Finish(run);
        return node;
    }

    internal static Address NodeOf(IReadOnlyList<DispatchOutput> outputs) => Assert.IsType<DispatchOutput.Start>(outputs[0]).Node.Operator;

    internal static GiveUpReason ReasonOf(IReadOnlyList<DispatchOutput> outputs) => Assert.IsType<DispatchOutput.GiveUp>(Assert.Single(outputs)).Reason;
}
