using System.Buffers.Binary;
using Ncn.Protocol;

namespace Ncn.Verification.Checks;

/// <summary>How far the numbers of two tensors of one form are apart.</summary>
public static class TensorDistance
{
    private const double StepsPerUnit = 1e9;

    /// <summary>The largest difference beyond a tolerance, in 1e-9, after the relative part was taken off; null when there is none.</summary>
    /// <exception cref="ArgumentException">The tensors do not have one form.</exception>
    public static long? Beyond(TensorValue stated, TensorValue found, OutputTolerance tolerance)
    {
        ArgumentNullException.ThrowIfNull(tolerance);
        double relative = tolerance.Relative / StepsPerUnit;
        long largest = Largest(stated, found, relative);
        return largest > tolerance.Absolute ? largest : null;
    }

    /// <summary>
    /// The largest |stated - found| - relative × |found|, in 1e-9, rounded up; the largest number where one is no number or endless and the other
    /// is not, or where things that are no numbers differ.
    /// </summary>
    /// <exception cref="ArgumentException">The tensors do not have one form.</exception>
    public static long Largest(TensorValue stated, TensorValue found, double relative)
    {
        ArgumentNullException.ThrowIfNull(stated);
        ArgumentNullException.ThrowIfNull(found);
        if (stated.Datatype != found.Datatype)
        {
            throw new ArgumentException($"A tensor of {stated.Datatype} is compared with one of {found.Datatype}.", nameof(found));
        }

        ReadOnlySpan<byte> one = stated.Data.Span;
        ReadOnlySpan<byte> other = found.Data.Span;
        if (one.SequenceEqual(other))
        {
            return 0;
        }

        int width = stated.Datatype.Width();
        if (width == 0 || one.Length != other.Length)
        {
            return long.MaxValue;
        }

        long largest = 0;
        for (int at = 0; at < one.Length; at += width)
        {
            largest = Math.Max(largest, Difference(Number(one[at..], stated.Datatype), Number(other[at..], stated.Datatype), relative));
        }

        return largest;
    }

    private static long Difference(double stated, double found, double relative)
    {
        if (stated.Equals(found) || stated == found)
        {
            return 0;
        }

        double steps = Math.Ceiling((Math.Abs(stated - found) - (relative * Math.Abs(found))) * StepsPerUnit);
        return !double.IsFinite(steps) || steps >= long.MaxValue ? long.MaxValue : (long)Math.Max(0, steps);
    }

    private static double Number(ReadOnlySpan<byte> bytes, TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.FP64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        TensorDatatype.FP32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        TensorDatatype.FP16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        TensorDatatype.BF16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        TensorDatatype.INT64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        TensorDatatype.UINT64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        TensorDatatype.INT32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        TensorDatatype.UINT32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        TensorDatatype.INT16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        TensorDatatype.UINT16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        TensorDatatype.INT8 => unchecked((sbyte)bytes[0]),
        _ => bytes[0],
    };
}
