using System.Globalization;
using Azure.Data.Tables;

namespace Ncn.ChainEvents.Storage;

/// <summary>Bytes in an entity, of which a property holds 64 KiB and an entity 1 MiB: in several properties.</summary>
internal static class LongBytes
{
    private const int PartSize = 60 * 1024;
    private const int MaxParts = 16;
    private const string Count = "Parts";

    internal static void Put(TableEntity entity, ReadOnlySpan<byte> bytes)
    {
        var parts = (bytes.Length + PartSize - 1) / PartSize;
        if (parts > MaxParts)
        {
            throw new ArgumentException($"{bytes.Length} bytes do not fit into one entity.", nameof(bytes));
        }

        entity[Count] = parts;
        for (var part = 0; part < parts; part++)
        {
            entity[NameOf(part)] = bytes[(part * PartSize)..Math.Min(bytes.Length, (part + 1) * PartSize)].ToArray();
        }
    }

    /// <exception cref="InvalidDataException">A part is missing: the entity was written by something else.</exception>
    internal static byte[] Take(TableEntity entity) =>
        [.. Enumerable.Range(0, entity.GetInt32(Count) ?? throw Broken(entity)).SelectMany(part => entity.GetBinary(NameOf(part)) ?? throw Broken(entity))];

    private static string NameOf(int part) => string.Create(CultureInfo.InvariantCulture, $"Part{part}");

    private static InvalidDataException Broken(TableEntity entity) => new($"The entity {entity.PartitionKey}/{entity.RowKey} lacks a part of its content.");
}
