using Nethereum.ABI;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.RPC.Eth.Filters;

namespace Nethereum.Contracts;

public interface IEventLog
{
    FilterLog Log { get; }
}

/// <summary>A decoded event with the log that it came from.</summary>
public class EventLog<T> : IEventLog
{
    public EventLog(T eventObject, FilterLog log) => (Event, Log) = (eventObject, log);

    public T Event { get; }

    public FilterLog Log { get; }
}

/// <summary>One event of one contract.</summary>
public class EventBase
{
    private readonly Type _eventType;

    public EventBase(IClient client, string contractAddress, Type eventABIType) =>
        (Client, ContractAddress, _eventType) = (client, contractAddress, eventABIType);

    public string ContractAddress { get; }

    internal IClient Client { get; }

    public NewFilterInput CreateFilterInput(BlockParameter fromBlock = null, BlockParameter toBlock = null) => new()
    {
        FromBlock = fromBlock ?? BlockParameter.CreateEarliest(),
        ToBlock = toBlock ?? BlockParameter.CreateLatest(),
        Address = [ContractAddress],
        Topics = [AbiSignature.Topic(_eventType)],
    };
}

/// <summary>One event of one contract, decoded to a class with [Event] and [Parameter].</summary>
public class Event<TEventMessage> : EventBase
    where TEventMessage : IEventDTO, new()
{
    public Event(IClient client, string contractAddress)
        : base(client, contractAddress, typeof(TEventMessage))
    {
    }

    public async Task<List<EventLog<TEventMessage>>> GetAllChangesAsync(NewFilterInput filterInput)
    {
        IEthGetLogs request = new EthRequests(Client);
        var logs = await request.SendRequestAsync(filterInput).ConfigureAwait(false);
        return logs.DecodeAllEvents<TEventMessage>();
    }
}

public static class EventExtensions
{
    public static List<EventLog<TEventDTO>> DecodeAllEvents<TEventDTO>(this TransactionReceipt transactionReceipt)
        where TEventDTO : new() => transactionReceipt.Logs.DecodeAllEvents<TEventDTO>();

    public static List<EventLog<TEventDTO>> DecodeAllEvents<TEventDTO>(this FilterLog[] logs)
        where TEventDTO : new() =>
        [.. (logs ?? []).Where(log => log.IsLogForEvent<TEventDTO>()).Select(log => log.DecodeEvent<TEventDTO>())];

    public static bool IsLogForEvent<TEventDTO>(this FilterLog log) =>
        log.Topics is { Length: > 0 }
        && string.Equals(log.Topics[0]?.ToString(), AbiSignature.Topic(typeof(TEventDTO)), StringComparison.OrdinalIgnoreCase)
        && log.Topics.Length - 1 == AbiStruct.Of(typeof(TEventDTO)).Members.Count(member => member.Attribute.Indexed);

    /// <summary>The event in a log; null if the log holds another event.</summary>
    public static EventLog<TEventDTO> DecodeEvent<TEventDTO>(this FilterLog log)
        where TEventDTO : new()
    {
        if (!log.IsLogForEvent<TEventDTO>())
        {
            return null;
        }

        var members = AbiStruct.Of(typeof(TEventDTO)).Members;
        object result = new TEventDTO();
        var topic = 1;
        foreach (var (_, type, property) in members.Where(member => member.Attribute.Indexed))
        {
            property.SetValue(result, type.Decode(log.Topics[topic].ToString().HexToByteArray(), property.PropertyType));
            topic++;
        }

        AbiStruct.DecodeMembers([.. members.Where(member => !member.Attribute.Indexed)], (log.Data ?? "").HexToByteArray(), result);
        return new EventLog<TEventDTO>((TEventDTO)result, log);
    }
}
