using Ncn.Coordination.Subnets;
using Ncn.Coordination.Subnets.Policies;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Subnets;

/// <summary>A member needs the stake that the chain demands, and what the policy admits.</summary>
public class SubnetAdmissionTests
{
    private const ulong T0 = Samples.Start;
    private static readonly SubnetLimits Limits = new(5_000);
    private SubnetState _state = SubnetState.Empty;
    private IReadOnlyList<SubnetOutput> _outputs = [];

    [Fact]
    public void Before_the_chain_was_read_nobody_is_refused() => Assert.Equal(NodeOutcome.Accepted, Join(1));

    [Theory]
    [InlineData(0u, null, NodeOutcome.Accepted)]
    [InlineData(100u, null, NodeOutcome.Unstaked)]
    [InlineData(100u, 99u, NodeOutcome.Unstaked)]
    [InlineData(100u, 100u, NodeOutcome.Accepted)]
    public void A_subnet_that_demands_stake_takes_those_who_have_it(uint demanded, uint? staked, NodeOutcome expected)
    {
        Observe(demanded);
        if (staked is { } amount)
        {
            Stake(1, amount, 2);
        }

        Assert.Equal(expected, Join(1));
        Assert.Equal(expected == NodeOutcome.Accepted, _state.Members.ContainsKey(Samples.Node(1)));
    }

    [Fact]
    public void A_member_whose_stake_falls_is_out_at_once_and_back_when_it_has_staked_again()
    {
        Observe(100);
        Stake(1, 100, 2);
        Stake(2, 100, 2);
        Join(1);
        Join(2);

        Stake(1, 99, 3);
        Assert.Equal([Samples.Node(2)], _state.Members.Keys);
        Assert.Contains(new SubnetOutput.Dismissed(Samples.Node(1), NodeOutcome.Unstaked), _outputs);
        Assert.Equal(NodeOutcome.Unknown, Beat(1));

        Stake(1, 150, 4);
        Assert.Equal(NodeOutcome.Accepted, Join(1, sequence: 2));
    }

    [Fact]
    public void Parameters_that_demand_more_put_out_who_has_less()
    {
        Observe(0);
        Join(1);
        Observe(1, block: 5);
        Assert.Empty(_state.Members);
    }

    [Fact]
    public void A_document_counts_when_the_chain_names_its_hash_and_nobody_else_need_vouch_for_it()
    {
        var policy = Only(7);
        Assert.Equal(PolicyOutcome.ChainUnread, Publish(policy));
        Observe(0);
        Assert.Equal(PolicyOutcome.NotNamed, Publish(policy));
        Observe(0, block: 2, policy: policy.Hash());
        Assert.Equal(PolicyOutcome.InForce, Publish(policy));
        Assert.Equal(PolicyOutcome.NotNamed, Publish(Only(8)));
        Assert.Equal(policy.Hash(), _state.Policies.InForce!.Hash());
    }

    [Fact]
    public void A_policy_puts_out_whom_it_does_not_admit_and_refuses_their_joins()
    {
        Join(1);
        var policy = Only(8);
        Observe(0, policy: policy.Hash());
        Publish(policy);

        Assert.Empty(_state.Members);
        Assert.Contains(new SubnetOutput.Dismissed(Samples.Node(1), NodeOutcome.NotAdmitted), _outputs);
        Assert.Equal(NodeOutcome.NotAdmitted, Join(1, sequence: 2));
    }

    [Fact]
    public void A_document_for_proposed_parameters_waits_and_is_in_force_with_them()
    {
        var (now, next) = (Only(7), Only(8));
        Observe(0, policy: now.Hash(), proposed: next.Hash());
        Assert.Equal(PolicyOutcome.InForce, Publish(now));
        Assert.Equal(PolicyOutcome.Prepared, Publish(next));
        Join(1);
        Assert.Equal(now.Hash(), _state.Policies.InForce!.Hash());

        Observe(0, block: 9, policy: next.Hash());
        Assert.Equal((next.Hash(), null), (_state.Policies.InForce!.Hash(), _state.Policies.Prepared));
        Assert.Empty(_state.Members);
    }

    [Fact]
    public void Old_rules_hold_until_the_new_ones_were_brought_and_lapse_when_the_chain_names_none()
    {
        var (old, next) = (Only(7), Only(8));
        Observe(0, policy: old.Hash());
        Publish(old);

        Observe(0, block: 2, policy: next.Hash());
        Assert.Equal(old.Hash(), _state.Policies.InForce!.Hash());
        Publish(next);
        Assert.Equal(next.Hash(), _state.Policies.InForce!.Hash());
        Observe(0, block: 3);
        Assert.Null(_state.Policies.InForce);
    }

    [Fact]
    public void A_proposal_that_was_taken_back_takes_its_document_along()
    {
        var next = Only(8);
        Observe(0, proposed: next.Hash());
        Publish(next);
        Observe(0, block: 2);
        Assert.Equal(SubnetPolicies.None, _state.Policies);
    }

    private static PolicyDocument Only(int model) => new() { Models = [Samples.Request(model).Value] };

    private NodeOutcome Join(int node, ulong sequence = 1) =>
        Apply(new SubnetInput.Join(T0, new SubnetId(1), Samples.Record(node, sequence))).OfType<SubnetOutput.Reply>().Single().Outcome;

    private NodeOutcome Beat(int node) =>
        Apply(new SubnetInput.Heartbeat(T0, new NodeHeartbeat(Samples.Node(node), T0, 1, 0, T0))).OfType<SubnetOutput.Reply>().Single().Outcome;

    private PolicyOutcome Publish(PolicyDocument policy) => Apply(new SubnetInput.Publish(T0, policy)).OfType<SubnetOutput.PolicyReply>().Single().Outcome;

    private void Stake(int node, uint amount, ulong block) =>
        Apply(new SubnetInput.Observe(T0, null, Samples.Node(node), new MirroredStake(block, default, new(amount), default, 0), null));

    private void Observe(uint stake, ulong block = 1, Hash32 policy = default, Hash32? proposed = null)
    {
        var parameters = new MirroredParameters(block, default, new(stake), default, 0, 0, 0, policy);
        Apply(new SubnetInput.Observe(T0, parameters, null, null, null)
        {
            Proposed = proposed is { } hash ? new ProposedParameters(parameters with { Policy = hash }, 99) : null,
        });
    }

    private IReadOnlyList<SubnetOutput> Apply(SubnetInput input)
    {
        (_state, _outputs) = SubnetMembership.Apply(_state, input, Limits);
        Assert.Equal(_state.Members.Keys, _state.Loads.Keys);
        return _outputs;
    }
}
