using Ncn.Protocol;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Invariants;

/// <summary>What must hold between the cores: charges, receipts, answers and vouchers of one request belong together.</summary>
internal sealed class MoneyInvariants
{
    private readonly Dictionary<RequestId, Order> _byId = [];
    private readonly Dictionary<string, Account> _byKey = new(StringComparer.Ordinal);
    private readonly List<Account> _accounts = [];
    private readonly Dictionary<string, TokenAmount> _signed = new(StringComparer.Ordinal);

    internal IReadOnlyList<Account> Accounts => _accounts;

    /// <summary>Answers that clients have.</summary>
    internal int Answers { get; private set; }

    internal void Made(Order order)
    {
        if (_byId.TryAdd(order.Id, order))
        {
            _accounts.Add(_byKey[order.Key] = new Account(order));
        }
    }

    internal Order OrderOf(RequestId request) => _byId[request];

    internal Order? Find(string key) => _byKey.GetValueOrDefault(key)?.Order;

    /// <summary>A node has signed that it ran the job.</summary>
    internal void Receipt(Order order, JobReceipt receipt, bool isFalse)
    {
        var account = _byKey[order.Key];
        account.Receipts += isFalse ? 0 : 1;
        account.DearestReceipt = isFalse ? account.DearestReceipt : TokenAmount.Max(account.DearestReceipt, receipt.Price);
    }

    /// <summary>The gateway is about to sign this total: it must be in the books that survive every crash.</summary>
    internal void Signed(string ledger, TokenAmount total, TokenAmount durable)
    {
        if (total > durable)
        {
            throw new ViolationException(Invariant.SignedTotalDurable, $"{ledger}: {total} is signed, {durable} is durable");
        }

        _signed[ledger] = TokenAmount.Max(total, _signed.GetValueOrDefault(ledger));
    }

    internal void CheckSigned(string ledger, TokenAmount total)
    {
        if (total > _signed.GetValueOrDefault(ledger))
        {
            throw new ViolationException(Invariant.SignedTotalDurable, $"{ledger}: {total} was signed, {_signed.GetValueOrDefault(ledger)} is in the books");
        }
    }

    internal void CheckTold(string client, TokenAmount total, string ledger)
    {
        var most = _accounts.Where(account => Names.ClientLedger(account.Order.Client) == ledger).Aggregate(TokenAmount.Zero, static (sum, account) => sum + account.Order.Ceiling);
        if (total > most)
        {
            throw new ViolationException(Invariant.OwesWithinCeilings, $"{client} is told {total}, all its ceilings are {most}");
        }
    }

    /// <summary>A ledger is about to charge a key.</summary>
    internal void Charged(string ledger, string key, TokenAmount amount)
    {
        if (!_byKey.TryGetValue(key, out var account))
        {
            return;
        }

        if (ledger != Names.ClientLedger(account.Order.Client))
        {
            throw new ViolationException(Invariant.ChargedToOwnClient, $"{key} was charged on {ledger}");
        }

        if (amount > account.Order.Ceiling)
        {
            throw new ViolationException(Invariant.ChargeWithinCeiling, $"{key}: {amount} > {account.Order.Ceiling}");
        }

        if (!amount.IsZero && account.Receipts == 0)
        {
            throw new ViolationException(Invariant.NoChargeWithoutReceipt, $"{key} was charged {amount} and no node has signed for it");
        }

        if (amount > Tariff.WithMargin(account.DearestReceipt))
        {
            throw new ViolationException(Invariant.ChargeWithinReceipts, $"{key}: {amount}, the dearest true receipt is over {account.DearestReceipt}");
        }
    }

    /// <summary>A gateway is about to keep an answer, and will charge it: if it dies before, the work is its loss.</summary>
    internal void Keeping(Order order, GatewayProcess gateway) => _byKey[order.Key].Keepers.Add((gateway, gateway.Life));

    /// <summary>A gateway gives an answer and charges it.</summary>
    internal void Promised(Order order, GatewayProcess gateway)
    {
        Keeping(order, gateway);
        _byKey[order.Key].IsPromised = true;
    }

    /// <summary>The broker has the job: somebody must answer it.</summary>
    internal void Queued(Order order) => _byKey[order.Key].IsQueued = true;

    /// <summary>Its reservation's time was up before it was charged or released: nobody reached the ledger for so long.</summary>
    internal void RanOut(string key)
    {
        if (_byKey.TryGetValue(key, out var account))
        {
            account.HasRunOut = true;
        }
    }

    /// <summary>Its client is told that it was not taken, and to send it again.</summary>
    internal void Abandoned(Order order) => _byKey[order.Key].IsQueued = false;

    /// <summary>A client has an answer.</summary>
    internal void Delivered(Order order, Answer answer)
    {
        var account = _byKey[order.Key];
        Answers++;
        if (answer.Order != order.Number)
        {
            throw new ViolationException(Invariant.AnswerIsForRequest, $"{order} got the answer of request {answer.Order}");
        }

        if (answer.Cost > order.Ceiling)
        {
            throw new ViolationException(Invariant.AnswerWithinCeiling, $"{order}: {answer.Cost} > {order.Ceiling}");
        }

        account.Delivered = answer;
    }

    /// <summary>One request and all that is known of its money.</summary>
    internal sealed class Account(Order order)
    {
        internal Order Order { get; } = order;

        internal int Receipts { get; set; }

        internal TokenAmount DearestReceipt { get; set; }

        internal bool IsQueued { get; set; }

        internal Answer? Delivered { get; set; }

        internal bool IsPromised { get; set; }

        internal bool HasRunOut { get; set; }

        internal List<(GatewayProcess Gateway, int Life)> Keepers { get; } = [];
    }
}
