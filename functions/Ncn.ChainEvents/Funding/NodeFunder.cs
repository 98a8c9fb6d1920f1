using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Chain.Transactions;
using Ncn.ChainEvents.Hosting;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Funding;

/// <summary>Keeps money in the channels on which the operator's gateways pay nodes.</summary>
/// <remarks>
/// 1. List the nodes of the operator's subnets that ask for money. 2. For each, compare what its channel holds with what is charged
/// or reserved on it. 3. Where less than the floor is free, the channel needs filling up to the float. 4. Deposit what the
/// operator's balance in the contract lacks for all of them. 5. Allocate, channel by channel. Before all that, wait for what an earlier
/// run signed: it would be sent twice otherwise. A killed run leaves money in the balance or in a channel, where the next one sees it.
/// </remarks>
public sealed class NodeFunder(
    OperatorAccount account, ChannelActors actors, IOptions<ChainEventsOptions> options, IConfiguration configuration, ILogger<NodeFunder> logger)
    : IDisposable
{
    private const string DepositPrefix = "fund-deposit-";
    private const string AllocatePrefix = "fund-allocate-";
    private readonly SemaphoreSlim _turn = new(1, 1);

    public void Dispose() => _turn.Dispose();

    /// <summary>Fills up what is short; returns what was allocated.</summary>
    internal async Task<TokenAmount> RunAsync(CancellationToken cancellationToken)
    {
        if (configuration.GetValue("Ncn:Network:FreeOfCharge", false))
        {
            return TokenAmount.Zero;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (!(await account.Transactions.FinishAsync("fund-", cancellationToken)).AllDone)
            {
                return TokenAmount.Zero;
            }

            var shortages = await FindShortagesAsync(cancellationToken);
            return shortages.Count == 0 ? TokenAmount.Zero : await FillAsync(shortages, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<List<(ChannelConfig Config, TokenAmount Amount)>> FindShortagesAsync(CancellationToken cancellationToken)
    {
        // Who has staked most comes first: a key costs nothing, so an order by address would be the newcomers' to choose.
        var nodes = new Dictionary<Address, TokenAmount>();
        foreach (var subnet in options.Value.SubnetIds)
        {
            var snapshot = await actors.Subnet(subnet).GetSnapshotAsync(0);
            foreach (var node in (snapshot?.Nodes ?? []).Where(static node => node.Record.Models.Any(static model => !model.Price.IsFree)))
            {
                nodes[node.Record.Operator] = TokenAmount.Max(nodes.GetValueOrDefault(node.Record.Operator), node.Stake?.Node ?? default);
            }
        }

        var shortages = new List<(ChannelConfig, TokenAmount)>();
        foreach (var (node, _) in nodes.OrderByDescending(static entry => entry.Value).ThenBy(static entry => entry.Key).Take(options.Value.MaximumNodes))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var config = NodeChannel.Config(account.Address, node, account.Token.Address);
            var missing = await MissingAsync(config);
            if (!missing.IsZero)
            {
                shortages.Add((config, missing));
            }
        }

        return shortages;
    }

    private async Task<TokenAmount> MissingAsync(ChannelConfig config)
    {
        var channel = config.Id(account.PaymentsDomain);
        var view = await account.Payments.ReadChannelAsync(channel);
        var ledger = await actors.Channel(channel).GetAsync();
        var spendable = new ChannelFunds(view.Balance, view.Withdrawing).Spendable;
        var free = TokenAmount.SubtractOrZero(spendable, ledger.Charged + ledger.Reserved);
        return free < new TokenAmount((UInt128)options.Value.NodeFloor)
            ? new TokenAmount((UInt128)options.Value.NodeFloat) - free
            : TokenAmount.Zero;
    }

    private async Task<TokenAmount> FillAsync(List<(ChannelConfig Config, TokenAmount Amount)> shortages, CancellationToken cancellationToken)
    {
        var needed = shortages.Aggregate(TokenAmount.Zero, static (sum, shortage) => sum + shortage.Amount);
        var available = await DepositAsync(needed, cancellationToken);
        var allocated = TokenAmount.Zero;
        foreach (var (config, amount) in shortages)
        {
            if (allocated + amount > available)
            {
                logger.LogError(
                    "The operator {Operator} has too little of the token {Token} to fund node {Node}: it lacks {Missing} units in all. Send it some",
                    account.Address, account.Token.Address, config.Receiver, needed - available);
                break;
            }

            if (!await SendAsync(AllocatePrefix, account.Payments.AllocateCall(config, amount), cancellationToken))
            {
                break;
            }

            allocated += amount;
            logger.LogInformation("Allocated {Amount} units to the channel of node {Node}", amount, config.Receiver);
        }

        return allocated;
    }

    // Returns what can be allocated, at most what is needed.
    private async Task<TokenAmount> DepositAsync(TokenAmount needed, CancellationToken cancellationToken)
    {
        var token = account.Token.Address;
        var unallocated = await account.Payments.ReadUnallocatedAsync(account.Address, token);
        var missing = TokenAmount.SubtractOrZero(needed, unallocated);
        var deposit = TokenAmount.Min(missing, missing.IsZero ? missing : await account.Token.ReadBalanceAsync(account.Address));
        if (!deposit.IsZero)
        {
            await account.Token.EnsureAllowanceAsync(account.Chain.Settings.InferencePayment, deposit, cancellationToken);
            deposit = await SendAsync(DepositPrefix, account.Payments.DepositBalanceCall(token, deposit), cancellationToken) ? deposit : TokenAmount.Zero;
        }

        return TokenAmount.Min(needed, unallocated + deposit);
    }

    // False: it is not done, or nobody knows yet. The next run asks again.
    private async Task<bool> SendAsync(string prefix, TransactionCall call, CancellationToken cancellationToken)
    {
        var outcome = await account.Transactions.SendAsync(OpenPurposes.New(prefix), call, cancellationToken);
        if (outcome is not TransactionOutcome.Mined)
        {
            logger.LogError("{Call} is not done: {Outcome}", call.What, outcome);
        }

        return outcome is TransactionOutcome.Mined;
    }
}
