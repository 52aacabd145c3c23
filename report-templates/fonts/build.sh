#!/bin/sh
# Makes the faces of this folder again from the Debian packages fonts-noto-core, fonts-dejavu-core, fonts-nanum and
# fonts-droid-fallback, with pyftsubset (package fonttools). Run in this folder. Hinting is dropped: a PDF does not use it.
set -eu
noto=/usr/share/fonts/truetype/noto dejavu=/usr/share/fonts/truetype/dejavu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
face() { # name source characters features
    pyftsubset "$2" --unicodes="$3" --layout-features="$4" --no-hinting --notdef-outline \
        --name-IDs='1,2,4,6,13,14' --output-file="$work/$1.ttf"
    gzip -9nc "$work/$1.ttf" > "$1.ttf.gz"
}
latin='U+0020-036F,U+0370-052F,U+1E00-1FFF,U+2000-200A,U+2010-2027,U+202F-205E,U+2070-209F,U+20A0-20BF,U+2100-214F,U+2190-2193,U+2212,U+2713,U+2717,U+1C80-1C88,U+2C60-2C7F,U+2DE0-2DFF,U+A640-A69F,U+A720-A7FF,U+FB00-FB06'
face sans-regular $noto/NotoSans-Regular.ttf "$latin" mark,mkmk,ccmp
face sans-bold $noto/NotoSans-Bold.ttf "$latin" mark,mkmk,ccmp
face mono-regular $dejavu/DejaVuSansMono.ttf 'U+0020-024F,U+0370-03FF,U+0400-04FF,U+2010-2027,U+2190-2193' ''
face symbols-regular $dejavu/DejaVuSans.ttf '*' mark,mkmk,ccmp,init,medi,fina,isol,rlig
for script in Arabic Armenian Bengali Devanagari Ethiopic Georgian Gujarati Gurmukhi Hebrew Kannada Khmer Lao \
    Malayalam Myanmar Oriya Sinhala Tamil Telugu Thai; do
    face "$(echo $script | tr A-Z a-z)-regular" $noto/NotoSans$script-Regular.ttf '*' '*'
done
face han-regular /usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf '*' ''
face hangul-regular /usr/share/fonts/truetype/nanum/NanumGothic.ttf 'U+1100-11FF,U+3130-318F,U+AC00-D7A3' ccmp,ljmo,vjmo,tjmo
# The original's names are reserved by its licence; a changed version must carry another.
python3 - "$work/hangul-regular.ttf" hangul-regular.ttf.gz <<'PY'
import gzip, io, sys
from fontTools.ttLib import TTFont
font = TTFont(sys.argv[1], recalcTimestamp=False)
table = font["name"]
table.names = [r for r in table.names if (r.platformID, r.langID) in ((3, 0x409), (1, 0))]
for r in list(table.names):
    if r.nameID in (1, 4, 6):
        name = "WorkpaperHangul" if r.nameID == 6 else "Workpaper Hangul"
        table.setName(name, r.nameID, r.platformID, r.platEncID, r.langID)
out = io.BytesIO()
font.save(out)
open(sys.argv[2], "wb").write(gzip.compress(out.getvalue(), 9, mtime=0))
PY
