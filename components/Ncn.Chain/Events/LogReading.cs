using System.Numerics;
using System.Text;
using Ncn.Chain.Registry;
using Ncn.Protocol;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.RPC.Eth.DTOs;

namespace Ncn.Chain.Events;

/// <summary>The values of one log: topics are indexed values from 1, data is a sequence of 32-byte words from 0.</summary>
/// <remarks>A log comes from a node: one that does not have the event's form throws <see cref="FormatException"/>.</remarks>
internal readonly ref struct LogReading(ChainLog log)
{
    internal const int MostTopics = 4;
    private const int Word = 32;

    internal ChainLog Log => log;

    internal static ChainLog From(ulong chainId, FilterLog log)
    {
        if (log.Removed || log.Topics is not { Length: <= MostTopics } topics || log.BlockHash is null)
        {
            throw new FormatException($"The node gave a log of the transaction {log.TransactionHash} that is no log of a mined block.");
        }

        return new ChainLog(
            chainId, Ncn.Protocol.Address.Parse(log.Address), [.. topics.Select(topic => Hash32.Parse(topic.ToString()!))],
            new HexBytes((log.Data ?? "").HexToByteArray()), (ulong)log.BlockNumber.Value, Hash32.Parse(log.BlockHash),
            Hash32.Parse(log.TransactionHash), (uint)log.LogIndex.Value);
    }

    internal Hash32 Topic(int index) =>
        index < log.Topics.Length ? log.Topics[index] : throw new FormatException($"The log {log.Id} has {log.Topics.Length} topics, too few for its event.");

    internal ChannelId TopicChannel(int index) => new(Topic(index));

    internal Address TopicAddress(int index) => new(Topic(index).ToArray().AsSpan(Word - Ncn.Protocol.Address.Size));

    internal SubnetId TopicSubnet(int index) => new((uint)Number(Topic(index).ToArray(), uint.MaxValue));

    internal SubnetRole TopicRole(int index) => (SubnetRole)(byte)Number(Topic(index).ToArray(), byte.MaxValue);

    internal uint TopicIndex(int index) => (uint)Number(Topic(index).ToArray(), uint.MaxValue);

    internal ulong TopicWhole(int index) => (ulong)Number(Topic(index).ToArray(), ulong.MaxValue);

    internal Hash32 Hash(int word) => new(Data(word));

    internal Address Address(int word) => new(Data(word)[^Ncn.Protocol.Address.Size..]);

    internal TokenAmount Amount(int word) => new((UInt128)Number(Data(word), UInt128.MaxValue));

    internal ulong Whole(int word) => (ulong)Number(Data(word), ulong.MaxValue);

    internal uint Index(int word) => (uint)Number(Data(word), uint.MaxValue);

    internal byte Byte(int word) => (byte)Number(Data(word), byte.MaxValue);

    internal ChannelConfig Channel(int word) => new(
        Address(word), Address(word + 1), Address(word + 2), Address(word + 3), Address(word + 4), (ulong)Number(Data(word + 5), ulong.MaxValue), Hash(word + 6));

    internal SubnetParameters Parameters(int word) => new(
        Amount(word), Amount(word + 1), Amount(word + 2), Whole(word + 3), Whole(word + 4), (ushort)Number(Data(word + 5), ushort.MaxValue), Hash(word + 6));

    internal Checkpoint Checkpoint(int word) =>
        new(Whole(word), Whole(word + 1), Hash(word + 2), Hash(word + 3), Hash(word + 4), Hash(word + 5), Hash(word + 6));

    internal string Text(int word) => Encoding.UTF8.GetString(Bytes(word));

    /// <summary>A dynamic value: its word holds the offset of the length that precedes the bytes.</summary>
    internal ReadOnlySpan<byte> Bytes(int word)
    {
        var data = log.Data.Span;
        var start = (int)Number(Data(word), (UInt128)data.Length) + Word;
        if (start > data.Length)
        {
            throw Short();
        }

        var length = (int)Number(data[(start - Word)..start], (UInt128)(data.Length - start));
        return data.Slice(start, length);
    }

    private ReadOnlySpan<byte> Data(int word) =>
        log.Data.Length >= (word + 1) * Word ? log.Data.Span.Slice(word * Word, Word) : throw Short();

    private BigInteger Number(ReadOnlySpan<byte> bytes, UInt128 most)
    {
        var number = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        return number <= most ? number : throw new FormatException($"The log {log.Id} holds a number beyond its type.");
    }

    private FormatException Short() => new($"The log {log.Id} has {log.Data.Length} bytes of data, too few for its event.");
}
