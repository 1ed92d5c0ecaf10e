#!/usr/bin/env bash
# The guest's camera, /dev/video0.
#   camera.sh pattern              the kernel's test camera (vivid): many sizes and formats, no people
#   camera.sh clip FILE yuyv|mjpeg  a clip, ten times slower, over and over (v4l2loopback and ffmpeg)
#   camera.sh person NAME FILE.avi  makes a clip of somebody of the test pictures; "stranger" is nobody's name
#   camera.sh card FILE.svg FILE.avi  makes a clip of a printed card
#   camera.sh code FILE.png FILE.avi  makes a clip of a join code that fills the picture
#   camera.sh unplug | replug      the test camera goes under its reader, and comes back
#   camera.sh freeze | thaw        the clip stops without a word to its reader, and goes on
#   camera.sh off                  no camera at all
set -euo pipefail
vivid=/sys/bus/platform/drivers/vivid
case ${1:-} in
pattern)
  modprobe vivid n_devs=1 node_types=0x1 num_inputs=1 input_types=0x00
  ;;
clip)
  case $3 in
  yuyv) encode=(-c:v rawvideo -pix_fmt yuyv422) ;;
  mjpeg) encode=(-c:v copy) ;;
  esac
  # exclusive_caps: like a real camera it only captures, and only while it is fed.
  modprobe v4l2loopback devices=1 video_nr=0 card_label=Clip exclusive_caps=1
  systemd-run --quiet --collect --unit=camera ffmpeg -nostdin -hide_banner -loglevel warning \
    -stream_loop -1 -re -itsscale 10 -i "$2" -an "${encode[@]}" -f v4l2 /dev/video0
  for _ in $(seq 150); do
    if v4l2-ctl -d /dev/video0 --get-fmt-video 2>/dev/null | grep -q Width; then break; fi
    sleep 0.2
  done
  ;;
person)
  # Six neighbouring pictures from the middle of a walk: somebody who sways. However rarely an emulated door can look,
  # it finds the face where it was.
  pictures=/rig/in/pictures
  middle=$(jq -r --arg name "$2" '.walks[] | select((.name // "stranger") == $name) | (.from_ms + .to_ms) / 2000' \
    $pictures/walk_past.json)
  ffmpeg -nostdin -hide_banner -loglevel error -y -ss "$middle" -i $pictures/walk_past.avi -frames:v 6 -c copy "$3"
  exit 0
  ;;
card)
  wall=0x9a9c96
  # Held askew; 340 px wide, as large as a bank card is some 15 cm before a usual camera.
  ffmpeg -nostdin -hide_banner -loglevel error -y -framerate 15 -loop 1 -width 340 -i "$2" -frames:v 6 \
    -vf "pad=640:480:(ow-iw)/2:(oh-ih)/2:color=$wall,rotate=0.07:fillcolor=$wall" \
    -c:v mjpeg -pix_fmt yuvj420p -q:v 3 "$3"
  exit 0
  ;;
code)
  ffmpeg -nostdin -hide_banner -loglevel error -y -framerate 15 -loop 1 -i "$2" -frames:v 6 \
    -vf "pad=640:480:(ow-iw)/2:(oh-ih)/2:color=white" -c:v mjpeg -pix_fmt yuvj420p -q:v 3 "$3"
  exit 0
  ;;
unplug)
  v4l2-ctl -d /dev/video0 -c disconnect=1
  echo vivid.0 >$vivid/unbind
  exit 0
  ;;
replug) echo vivid.0 >$vivid/bind ;;
freeze) systemctl kill -s STOP camera && exit 0 ;;
thaw) systemctl kill -s CONT camera && exit 0 ;;
off)
  systemctl stop camera 2>/dev/null || true
  for module in v4l2loopback vivid; do
    if [ -d /sys/module/$module ]; then modprobe -r $module; fi
  done
  exit 0
  ;;
esac
udevadm settle
test -c /dev/video0
