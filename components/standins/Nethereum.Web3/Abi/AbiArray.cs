using System.Collections;
using System.Globalization;

namespace Nethereum.ABI;

/// <summary>An array of any element type; a null length means that the length is encoded.</summary>
internal sealed class AbiArray(AbiType element, int? length)
    : AbiType($"{element.Name}[{length?.ToString(CultureInfo.InvariantCulture)}]")
{
    internal AbiType Element { get; } = element;

    internal override bool IsDynamic => length is null || Element.IsDynamic;

    internal override int HeadSize => IsDynamic ? Word : Element.HeadSize * length.Value;

    internal override byte[] Encode(object value)
    {
        var items = ((IEnumerable)value).Cast<object>().ToArray();
        if (length is not null && items.Length != length)
        {
            throw new ArgumentException($"{Name} takes {length} elements; got {items.Length}.", nameof(value));
        }

        var body = EncodeSequence([.. Enumerable.Repeat(Element, items.Length)], items);
        return length is null ? [.. EncodeLength(items.Length), .. body] : body;
    }

    internal override object Decode(ReadOnlySpan<byte> data, Type target)
    {
        var count = length ?? DecodeLength(data);
        var sequence = length is null ? Slice(data, Word) : data;
        if (count > sequence.Length / Math.Max(Element.HeadSize, 1))
        {
            throw new InvalidDataException($"ABI data states {count} elements of {Element.Name}, more than it holds.");
        }

        var clrElement = AbiTypeParser.ElementType(target);
        var items = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(clrElement));
        for (var i = 0; i < count; i++)
        {
            items.Add(Element.Decode(ElementAt(sequence, i * Element.HeadSize, Element), clrElement));
        }

        return items;
    }
}
