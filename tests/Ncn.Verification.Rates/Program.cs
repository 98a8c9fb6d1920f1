using System.Globalization;
using Ncn.Verification.Rates;

var epochs = args is [var number] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked > 0 ? asked : 1_000_000;
Console.WriteLine(RateTable.Markdown(epochs, seed: 20_261_123, MeasuredNoise.ReadAll(Path.Combine(AppContext.BaseDirectory, "measured"))));
