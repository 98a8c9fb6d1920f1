using System.Globalization;
using Ncn.Attacks;

try
{
    switch (args)
    {
        case ["calibrate", "bench-decoder", var file, .. var rest]:
            await Commands.CalibrateBenchmarkAsync(file, Number(rest, 0, 400));
            return 0;
        case ["calibrate", var folder, .. var rest]:
            await Commands.CalibrateAsync(folder, Number(rest, 0, 2000));
            return 0;
        case ["measure", var folder, .. var rest]:
            await Commands.MeasureAsync(folder, Number(rest, 0, 4000), Number(rest, 1, 400));
            return 0;
        case ["table", .. var rest]:
            await Commands.AttackAsync(Number(rest, 0, 200), Number(rest, 1, 64));
            return 0;
        default:
            Console.Error.WriteLine("attacks: calibrate MODEL_FOLDER [SAMPLES] | calibrate bench-decoder FILE [SAMPLES] | measure FOLDER [SAMPLES] [BENCHMARK_SAMPLES] | table [SAMPLES] [TOKENS]");
            return 2;
    }
}
catch (FormatException exception)
{
    Console.Error.WriteLine("attacks: " + exception.Message);
    return 2;
}

static int Number(string[] rest, int index, int usual) =>
    index < rest.Length ? int.Parse(rest[index], CultureInfo.InvariantCulture) : usual;
